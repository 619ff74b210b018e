"""An office's work against servers of this process that count: the form challenge, the robot shop, orders by mail.

Each server stands behind a network of its own, so that a machine loses Hub and sites at the same time.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from itertools import pairwise
from typing import Any

from scripts.demo.browser.shop import COUNT as ORDERS
from scripts.demo.browser.site import exercise_site
from scripts.demo.material import read_graph
from tests.chaos.proxy import Proxy, proxy_to
from tests.integration.runner.nodes.imap_server import ImapPlace, imap_server
from tests.mailbox import Mailbox, mail_server

SEED = 7
ROUNDS = 10
MAILS = 12


@dataclass(frozen=True)
class Work:
    """A workflow, and what the outside saw of it: one entry of `done` for each effect, also for one done twice."""

    graph: dict[str, Any]
    inputs: Mapping[str, Any]
    proof: str
    """The node whose completed runs say, each, that one effect is done."""
    total: int
    done: Callable[[], Sequence[Any]]
    network: Sequence[Proxy] = field(default_factory=tuple)


@asynccontextmanager
async def form_challenge() -> AsyncIterator[Work]:
    """Ten people into a form; an effect is a round that was sent."""
    async with exercise_site(SEED) as site, proxy_to(_place(site.url)) as network:
        inputs = {"siteUrl": f"http://{network.address}"}
        graph = read_graph("form-challenge")
        yield Work(graph, inputs, "submit", ROUNDS, lambda: site.challenge.came, [network])


@asynccontextmanager
async def robot_orders() -> AsyncIterator[Work]:
    """Twenty robots; an effect is an order that the shop took."""
    async with exercise_site(SEED) as site, proxy_to(_place(site.url)) as network:
        inputs = {"siteUrl": f"http://{network.address}"}

        def taken() -> list[str]:
            return [order["Address"] for order in site.shop.taken]

        yield Work(read_graph("robot-orders"), inputs, "receipt", ORDERS, taken, [network])


@asynccontextmanager
async def mails_to_workbooks() -> AsyncIterator[Work]:
    """Every order that came by mail goes back as a workbook; an effect is an answer that was sent."""
    async with AsyncExitStack() as stack:
        imap = await stack.enter_async_context(imap_server())
        outgoing = await stack.enter_async_context(mail_server(Mailbox()))
        for number in range(MAILS):
            await asyncio.to_thread(imap.put, _order(number))  # the networks of the runner live in this loop
        networks = [
            await stack.enter_async_context(proxy_to(f"127.0.0.1:{port}")) for port in (imap.port, outgoing.port)
        ]
        ports = [int(network.address.rpartition(":")[2]) for network in networks]

        def answered() -> list[str]:
            return [str(answer.message["In-Reply-To"]) for answer in outgoing.received]

        yield Work(_mail_graph(ImapPlace(ports[0]).config, ports[1]), {}, "answer", MAILS, answered, networks)


WORKS = {"form challenge": form_challenge, "robot orders": robot_orders, "mails to workbooks": mails_to_workbooks}


def _place(url: str) -> str:
    return re.sub(r"^http://", "", url)


def _order(number: int) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = "keller@example.com", "office@example.com"
    message["Subject"], message["Message-ID"] = f"Orders of day {number}", f"<{number}@example.com>"
    message.set_content("Please see the file.\n")
    lines = f"customer;price\nKeller;{number}\nMüller;10\nKeller;1.5\n"
    message.add_attachment(lines.encode(), maintype="text", subtype="csv", filename="orders.csv")
    return message


def _mail_graph(imap: Mapping[str, Any], smtp_port: int) -> dict[str, Any]:
    smtp = {"host": "127.0.0.1", "port": smtp_port, "security": "none"}
    attached = "{{ nodes.mail.output.attachments[0].path }}"
    sums = {"by": ["customer"], "aggregations": {"total": {"op": "sum", "of": "price"}}}
    book = {"path": "out/{{ item.uid }}.xlsx", "sheets": [{"name": "Sums", "rows": "{{ nodes.sums.output.rows }}"}]}
    answer = {
        "server": smtp,
        "sender": "office@example.com",
        "to": ["{{ nodes.mail.output.sender }}"],
        "subject": "Re: {{ nodes.mail.output.subject }}",
        "text": "Thank you.",
        "attachments": ["{{ nodes.book.output.path }}"],
        "inReplyTo": "{{ nodes.mail.output.messageId }}",
    }
    body = _row(
        ("mail", "mail.read", {"server": imap, "uid": "{{ item.uid }}", "saveTo": "in", "pattern": "*.csv"}),
        ("lines", "csv.read", {"path": attached, "delimiter": ";", "types": {"price": "number"}}),
        ("sums", "table.group", {"rows": "{{ nodes.lines.output.rows }}", **sums}),
        ("book", "excel.write", book),
        ("answer", "mail.send", answer),
        ("filed", "mail.move", {"server": imap, "uids": ["{{ item.uid }}"], "target": "Done"}),
    )
    top = _row(
        ("start", "control.start", {}),
        ("found", "mail.search", {"server": imap, "subject": "Orders", "unread": True}),
        ("each", "control.forEach", {"items": "{{ nodes.found.output.mails }}"}),
    )
    top["nodes"][-1]["body"] = body
    return {"schemaVersion": 1, **top}


def _row(*steps: tuple[str, str, dict[str, Any]]) -> dict[str, Any]:
    nodes = [{"id": name, "type": kind, "config": config} for name, kind, config in steps]
    return {"nodes": nodes, "edges": [{"from": a, "to": b} for (a, *_), (b, *_) in pairwise(steps)]}
