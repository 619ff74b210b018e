"""The whole Hub dies under open pages and comes back: they say so calmly, catch up by themselves, and lose nothing."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import async_playwright, expect

from scripts import ui
from scripts.screenshots.pages import launch
from tests.e2e.studio import Person, person
from tests.hub import EMAIL, PASSWORD, HubUnderTest, hub_under_test

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(420)]

ALL_BUT_THE_RUNNER = (
    "gateway",
    "scheduler",
    "scheduler-worker",
    "scheduler-loops",
    "registry",
    "audit",
    "license",
    "valkey",
    "postgres",
)
TURNS = 120
SECONDS_A_TURN = 0.25
WAIT = 90_000


def slow_graph() -> dict[str, Any]:
    """A loop that outlasts the restart, and says something at each turn."""
    say = {"id": "say", "type": "log.message", "name": "Say", "config": {"message": "turn {{ item }} is over"}}
    rest = {"id": "rest", "type": "control.delay", "name": "Rest", "config": {"seconds": SECONDS_A_TURN}}
    inside = {
        "nodes": [{**rest, "position": {"x": 0, "y": 0}}, {**say, "position": {"x": 0, "y": 80}}],
        "edges": [{"id": "in", "from": "rest", "port": "out", "to": "say"}],
    }
    start = {"id": "start", "type": "control.start", "name": "Start", "position": {"x": 0, "y": 0}}
    loop = {
        "id": "each",
        "type": "control.forEach",
        "name": "Each",
        "position": {"x": 0, "y": 80},
        "config": {"items": f"{{{{ range({TURNS}) }}}}"},
        "body": inside,
    }
    edges = [{"id": "e", "from": "start", "port": "out", "to": "each"}]
    return {"schemaVersion": 1, "nodes": [start, loop], "edges": edges}


async def test_a_restart_of_the_whole_hub_passes_under_open_pages(tmp_path: Path) -> None:
    await asyncio.to_thread(ui.build)
    async with hub_under_test(tmp_path) as hub, async_playwright() as playwright:
        try:
            browser = await launch(playwright)
        except PlaywrightError as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(f"there is no Chromium: {error}")
        url = hub.running.url
        workflow = await hub.api.publish("Through it all", slow_graph())
        execution = (await hub.api.call("POST", "/executions", {"workflowId": workflow}))["execution"]["id"]
        async with person(browser, url, EMAIL, PASSWORD) as watcher, person(browser, url, EMAIL, PASSWORD) as author:
            await watcher.page.goto(f"{url}/executions/{execution}")
            await expect(watcher.page.get_by_text("turn 3 is over")).to_be_visible(timeout=WAIT)
            await author.open(workflow)
            for somebody in (watcher, author):
                await somebody.page.evaluate("window.stayed = true")

            for part in ALL_BUT_THE_RUNNER:
                os.kill(hub.pid(part), signal.SIGKILL)
            await author.node("say").click()
            await author.page.get_by_label("Name of the node").fill("Said through it all")
            await author.page.keyboard.press("ControlOrMeta+s")
            await expect(author.page.get_by_test_id("save-state")).to_have_attribute("data-state", "away", timeout=WAIT)
            await expect(watcher.page.get_by_text("Reconnecting")).to_be_visible(timeout=WAIT)
            for part in ALL_BUT_THE_RUNNER:
                await hub.living(part)

            await caught_up(hub, watcher, execution)
            await expect(author.page.get_by_test_id("save-state")).to_have_attribute(
                "data-state", "saved", timeout=WAIT
            )
            for somebody in (watcher, author):
                assert await somebody.page.evaluate("window.stayed"), "a page was loaded again"
        graph = (await hub.api.patient("GET", f"/workflows/{workflow}"))["workflow"]["graph"]
        assert graph["nodes"][1]["body"]["nodes"][1]["name"] == "Said through it all"
        await browser.close()


async def caught_up(hub: HubUnderTest, watcher: Person, execution_id: str) -> None:
    """The page shows the end, and every line and node run that there is."""
    page = watcher.page
    await expect(page.get_by_role("status").get_by_text("Live")).to_be_visible(timeout=WAIT)
    ended = await hub.api.ended(execution_id, seconds=WAIT / 1000)
    assert ended["status"] == "COMPLETED", ended
    runs = await hub.api.every(f"/executions/{execution_id}/nodes")
    lines = await hub.api.every(f"/executions/{execution_id}/logs")
    assert [line["message"] for line in lines if "is over" in line["message"]] == [
        f"turn {turn} is over" for turn in range(TURNS)
    ]
    await expect(page.get_by_text("Completed", exact=True).first).to_be_visible(timeout=WAIT)
    await expect(page.get_by_text(f"{len(runs)} node runs")).to_be_visible(timeout=WAIT)
    await expect(page.get_by_text(f"{len(lines)} lines", exact=True)).to_be_visible(timeout=WAIT)
    await expect(page.get_by_text(f"turn {TURNS - 1} is over")).to_be_visible(timeout=WAIT)
