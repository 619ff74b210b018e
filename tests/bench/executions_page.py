"""How soon an execution with 5,000 node runs and 200,000 log lines is seen and searched, and 100,000 of them are paged.

The node runs are a real run's; its log is lengthened, and the list filled, by rows as the product writes them. What is
measured is what a person waits for: from the click or the address to what they came for, drawn.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import asyncpg
from playwright.async_api import Page, async_playwright, expect

from scripts import ui
from scripts.screenshots.pages import launch
from services.scheduler.evidence.blocks import pack
from services.scheduler.evidence.model import Level, LogLine
from tests.bench.history import FILL_EXECUTIONS
from tests.e2e.studio import person
from tests.hub import EMAIL, PASSWORD, HubUnderTest

BESIDE, INSIDE, TURNS = 491, 9, 500
"""Nodes in a row at the top, nodes in a loop, turns of the loop: with start and loop, some 5,000 node runs in all."""
LINES = 200_000
NAME = "5,000 node runs"
NEEDLE = "needle in the last thousand"
LISTED = 100_000
SAMPLES = 5
PAGES = 20
WAIT = 30_000

# The clock of the page begins with the navigation.
OPENED = """() => document.querySelector('[aria-label="Node runs"] [data-reached]')
 && document.querySelector('[role=log] time') ? performance.now() : false"""


FOUND = "text => document.querySelector('[role=log]')?.textContent.includes(text) ? performance.now() : false"
TURNED = """before => {
  const row = document.querySelector('table[aria-label=Executions] tbody tr');
  return row && row.innerText !== before ? performance.now() : false;
}"""


async def measure_executions_page(hub: HubUnderTest) -> dict[str, dict[str, float]]:
    """Milliseconds a person waits; the server's own part of a search beside it."""
    await asyncio.to_thread(ui.build)
    execution_id = await large_execution(hub)
    await lengthen_log(hub, execution_id)
    await fill_list(hub)
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        async with person(browser, hub.running.url, EMAIL, PASSWORD) as somebody:
            page = somebody.page
            figures = {
                "execution, by its address": summary(
                    [await open_by_address(page, execution_id) for _ in range(SAMPLES)]
                ),
                "execution, from the list": summary([await open_from_list(page) for _ in range(SAMPLES)]),
                "log search, drawn": summary([await search(page, execution_id) for _ in range(SAMPLES)]),
                "list, next page": summary(await turn_pages(page)),
            }
        await browser.close()
    found = f"/executions/{execution_id}/logs?q="
    figures["log search, API"] = summary(
        [await timed(lambda: hub.api.call("GET", found + NEEDLE.replace(" ", "+"))) for _ in range(SAMPLES)]
    )
    figures["log search without a match, API"] = summary(
        [await timed(lambda: hub.api.every(found + "nothing+says+so")) for _ in range(SAMPLES)]
    )
    return figures


def summary(milliseconds: list[float]) -> dict[str, float]:
    """The median and the worst."""
    return {"p50 ms": statistics.median(milliseconds), "max ms": max(milliseconds)}


async def timed(call: Callable[[], Awaitable[Any]]) -> float:
    """Milliseconds of a call."""
    began = time.perf_counter()
    await call()
    return (time.perf_counter() - began) * 1e3


def large_graph() -> dict[str, Any]:
    """A long chain, and at its end a loop with a chain in it."""
    top = [{"id": "start", "type": "control.start", "name": "Start", "position": {"x": 0, "y": 0}}]
    top += [_node(f"n{index}", 260 * (index // 40), 90 * (index % 40 + 1)) for index in range(BESIDE)]
    inner = [_node(f"i{index}", 0, 84 * index) for index in range(INSIDE)]
    loop = {
        **_node("each", 260 * 14, 90),
        "type": "control.forEach",
        "config": {"items": f"{{{{ range({TURNS}) }}}}"},
        "body": {"nodes": inner, "edges": [_edge(left, right) for left, right in pairwise(inner)]},
    }
    nodes = [*top, loop]
    return {"schemaVersion": 1, "nodes": nodes, "edges": [_edge(left, right) for left, right in pairwise(nodes)]}


def _node(node_id: str, x: int, y: int) -> dict[str, Any]:
    config = {"expression": "{{ {'row': 1, 'name': 'Ada', 'amounts': [1, 2, 3]} }}"}
    return {"id": node_id, "type": "data.transform", "name": node_id, "config": config, "position": {"x": x, "y": y}}


def _edge(source: dict[str, Any], target: dict[str, Any]) -> dict[str, Any]:
    return {"id": f"{source['id']}-{target['id']}", "from": source["id"], "port": "out", "to": target["id"]}


async def large_execution(hub: HubUnderTest) -> str:
    """A real run of the large graph, ended."""
    workflow = await hub.api.publish(NAME, large_graph())
    started = await hub.api.call("POST", "/executions", {"workflowId": workflow})
    ended = await hub.api.ended(started["execution"]["id"])
    assert ended["status"] == "COMPLETED", ended
    return str(ended["id"])


async def lengthen_log(hub: HubUnderTest, execution_id: str) -> None:
    """Lines as if the run had written them, in the blocks the product makes."""
    connection = await asyncpg.connect(hub.admin_dsn, server_settings={"search_path": "automation"})
    try:
        attempt = await connection.fetchrow(
            "SELECT attempt_id, log_seq FROM attempt_evidence WHERE execution_id = $1", execution_id
        )
        assert attempt is not None
        first = attempt["log_seq"] + 1
        lines = [_line(seq) for seq in range(first, LINES + 1)]
        today = datetime.now(UTC).date()
        await connection.copy_records_to_table(
            "log_block",
            schema_name="automation",
            columns=["day", "attempt_id", "first_seq", "last_seq", "levels", "lines"],
            records=[
                (today, attempt["attempt_id"], block.first_seq, block.last_seq, block.levels, block.lines)
                for block in pack(lines)
            ],
        )
        set_end = "UPDATE attempt_evidence SET log_seq = $2, tail_seq = $3, tail_blocks = 0 WHERE attempt_id = $1"
        await connection.execute(set_end, attempt["attempt_id"], LINES, LINES + 1)
    finally:
        await connection.close()


def _line(seq: int) -> LogLine:
    text = f"row {seq} of the ledger was compared with the bank's statement, difference 0.00"
    message = NEEDLE if seq == LINES - 500 else text
    return LogLine(seq, int(time.time() * 1e6), Level.INFO, f"i{seq % INSIDE}", message)


async def fill_list(hub: HubUnderTest) -> None:
    """Executions of the last ninety days."""
    sizes = {"workflows": 200, "runners": 50, "executions": LISTED, "queued": 0, "days": 90}
    connection = await asyncpg.connect(hub.admin_dsn, server_settings={"search_path": "automation"})
    try:
        await connection.execute("SET session_replication_role = replica")
        await connection.execute(FILL_EXECUTIONS.format(**sizes, first=1, last=LISTED), timeout=600)
        await connection.execute("RESET session_replication_role")
        await connection.execute("ANALYZE execution")
    finally:
        await connection.close()


def address_of(page: Page) -> str:
    """The Hub's, as the page has it."""
    return "/".join(page.url.split("/")[:3])


async def open_by_address(page: Page, execution_id: str) -> float:
    """From the navigation on; the scripts are in the browser's cache, as they are for anybody who was here before."""
    address = address_of(page)
    await page.goto("about:blank")
    await page.goto(f"{address}/executions/{execution_id}", wait_until="commit")
    opened = await page.wait_for_function(OPENED, polling="raf", timeout=WAIT)
    return float(await opened.json_value())


async def open_from_list(page: Page) -> float:
    """From the click on."""
    await page.goto(f"{address_of(page)}/executions?q=5,000+node+runs")
    link = page.get_by_role("link", name=NAME)
    await expect(link).to_be_visible(timeout=WAIT)
    began = await page.evaluate("performance.now()")
    await link.click()
    opened = await page.wait_for_function(OPENED, polling="raf", timeout=WAIT)
    return float(await opened.json_value()) - float(began)


async def search(page: Page, execution_id: str) -> float:
    """From the last key on."""
    await page.goto(f"{address_of(page)}/executions/{execution_id}")
    field = page.get_by_placeholder("Search all lines")
    await field.fill(NEEDLE[:-1])
    await expect(page.get_by_role("log").get_by_text(NEEDLE)).to_be_visible(timeout=WAIT)
    await field.fill("")
    await page.wait_for_function(OPENED, polling="raf", timeout=WAIT)
    began = await page.evaluate("performance.now()")
    await field.fill(NEEDLE)
    seen = await page.wait_for_function(FOUND, arg=NEEDLE, polling="raf", timeout=WAIT)
    return float(await seen.json_value()) - float(began)


async def turn_pages(page: Page) -> list[float]:
    """From the click on "Older" until other rows are drawn."""
    await page.goto(f"{address_of(page)}/executions")
    rows = page.locator("table[aria-label=Executions] tbody tr")
    await expect(rows.first).to_be_visible(timeout=WAIT)
    took = []
    for _ in range(PAGES):
        before = await rows.first.evaluate("row => row.innerText")
        began = await page.evaluate("performance.now()")
        await page.get_by_role("button", name="Older").click()
        seen = await page.wait_for_function(TURNED, arg=before, polling="raf", timeout=WAIT)
        took.append(float(await seen.json_value()) - float(began))
    return took
