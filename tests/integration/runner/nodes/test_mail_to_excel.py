"""A morning in an office: an order arrives by mail, becomes a workbook, and goes back as the answer."""

from email.message import EmailMessage
from itertools import pairwise

from openpyxl import load_workbook

from runner.engine.executor import execute
from runner.engine.plan import compile_plan
from runner.engine.request import RunRequest
from runner.nodes.registry import declarations, node_types
from runner.workflow.graph_reader import graph_from
from runner.workflow.validation import validate_document
from tests.contract.graphs.world import Witness
from tests.integration.runner.nodes.imap_server import imap_server
from tests.mailbox import Mailbox, mail_server


def workflow(imap: dict, smtp_port: int) -> dict:
    """Find the mail, save its file, add up by customer, write the workbook, answer, file the mail away."""
    steps = [
        ("start", "control.start", {}),
        ("found", "mail.search", {"server": imap, "subject": "Orders", "unread": True}),
        (
            "mail",
            "mail.read",
            {"server": imap, "uid": "{{ nodes.found.output.mails[0].uid }}", "saveTo": "in", "pattern": "*.csv"},
        ),
        (
            "lines",
            "csv.read",
            {"path": "{{ nodes.mail.output.attachments[0].path }}", "delimiter": ";", "types": {"price": "number"}},
        ),
        (
            "sums",
            "table.group",
            {
                "rows": "{{ nodes.lines.output.rows }}",
                "by": ["customer"],
                "aggregations": {"total": {"op": "sum", "of": "price"}},
            },
        ),
        (
            "book",
            "excel.write",
            {"path": "out/orders.xlsx", "sheets": [{"name": "Sums", "rows": "{{ nodes.sums.output.rows }}"}]},
        ),
        (
            "body",
            "text.template",
            {
                "template": "Thank you.\n${#rows}\n${customer}: ${total}\n${/rows}\n",
                "values": {"rows": "{{ nodes.sums.output.rows }}"},
            },
        ),
        (
            "answer",
            "mail.send",
            {
                "server": {"host": "127.0.0.1", "port": smtp_port, "security": "none"},
                "sender": "office@example.com",
                "to": ["{{ nodes.mail.output.sender }}"],
                "subject": "Re: {{ nodes.mail.output.subject }}",
                "text": "{{ nodes.body.output.text }}",
                "attachments": ["{{ nodes.book.output.path }}"],
                "inReplyTo": "{{ nodes.mail.output.messageId }}",
            },
        ),
        ("filed", "mail.move", {"server": imap, "uids": ["{{ nodes.mail.output.uid }}"], "target": "Done"}),
    ]
    return {
        "schemaVersion": 1,
        "nodes": [{"id": name, "type": kind, "config": config} for name, kind, config in steps],
        "edges": [{"from": a, "to": b} for (a, *_), (b, *_) in pairwise(steps)],
    }


def order() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "keller@example.com", "office@example.com", "Orders of May"
    message["Message-ID"] = "<17@example.com>"
    message.set_content("Please see the file.\n")
    lines = "customer;price\nKeller;2.5\nMüller;10\nKeller;1.5\n"
    message.add_attachment(lines.encode(), maintype="text", subtype="csv", filename="orders.csv")
    return message


async def test_an_attachment_becomes_a_workbook_that_goes_back_to_its_sender(place):
    async with imap_server() as imap, mail_server(Mailbox()) as outgoing:
        imap.put(order())
        graph, problems = validate_document(workflow(imap.config, outgoing.port), declarations())
        assert graph is not None
        assert not [problem for problem in problems if problem.severity == "error"]
        witness = Witness()
        request = RunRequest(execution_id="0198a8f0-0000-7000-8000-000000000001", workdir=place.workdir)
        plan = compile_plan(graph_from(workflow(imap.config, outgoing.port)), declarations())
        outcome = await execute(plan, request, witness, node_types())
        assert outcome.failure is None, outcome.failure
        assert outcome.status == "completed"
        [answer] = outgoing.received
        assert answer.recipients == ["keller@example.com"]
        assert answer.text.split() == ["Thank", "you.", "Keller:", "4.0", "Müller:", "10"]
        assert answer.message["In-Reply-To"] == "<17@example.com>"
        [attachment] = answer.message.iter_attachments()
        (place.workdir / "received.xlsx").write_bytes(attachment.get_content())
        sheet = load_workbook(place.workdir / "received.xlsx")["Sums"]
        assert [list(row) for row in sheet.values] == [["customer", "total"], ["Keller", 4], ["Müller", 10]]
        with imap.box() as box:
            assert box.folder.status("Done")["MESSAGES"] == 1
