"""The runner's own page in a real browser, at the runner that works beside the Hub."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from runner.page.opening import ticket_url
from tests.e2e.integrator import Integrator
from tests.e2e.studio import Person

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

MS = 20_000
SIZES = [(1440, 900), (390, 844)]
THEMES = ["light", "dark"]


def patient() -> dict[str, Any]:
    rest = {"id": "rest", "type": "control.delay", "name": "Match order lines", "config": {"seconds": 3_000}}
    return {
        "schemaVersion": 1,
        "nodes": [
            {"id": "start", "type": "control.start"},
            {"id": "say", "type": "log.message", "config": {"message": "seven messages"}},
            {"id": "loop", "type": "control.forEach", "config": {"items": [1]}, "body": {"nodes": [rest], "edges": []}},
        ],
        "edges": [
            {"id": "e1", "from": "start", "port": "out", "to": "say"},
            {"id": "e2", "from": "say", "port": "out", "to": "loop"},
        ],
    }


async def test_the_owner_sees_what_runs_reads_its_log_stops_it_and_pauses_by_keyboard_alone(
    browser: Browser, hub: Integrator
) -> None:
    home = hub.under_test.running.home.runner
    workflow_id = await hub.api.publish("Order confirmations", patient())
    started = await hub.api.call("POST", "/executions", {"workflowId": workflow_id})
    context = await browser.new_context()
    owner = Person(await context.new_page(), "")
    page = owner.page
    try:
        page.on("console", lambda said: owner.said.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: owner.said.append(str(error)))
        await page.goto(await asyncio.to_thread(ticket_url, home))
        assert page.url.endswith("/"), "nothing of the ticket stays in the address"

        headline = page.locator("#headline")
        await expect(headline).to_contain_text("The robot is working", timeout=MS)
        await expect(page.locator("#running")).to_contain_text("Match order lines", timeout=MS)
        await page.get_by_role("button", name="Order confirmations").first.focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("dialog")).to_contain_text("seven messages", timeout=MS)
        assert await owner.problems() == []
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_be_hidden()

        await page.get_by_role("button", name="Stop the robot").focus()
        await page.keyboard.press("Enter")
        ended = await hub.api.ended(started["execution"]["id"])
        assert ended["status"] == "STOPPED"
        assert ended["stoppedBy"]["name"] == "the runner's owner"
        await expect(page.locator("#recent")).to_contain_text("stopped by you", timeout=MS)

        await page.get_by_role("button", name="Pause").focus()
        await page.keyboard.press("Enter")
        await expect(headline).to_have_text("Paused by you", timeout=MS)
        await page.keyboard.press("Enter")
        await expect(headline).to_have_text("Ready", timeout=MS)
        assert owner.said == []
    finally:
        await page.evaluate("fetch('/api/resume', {method: 'POST', headers: {'X-Exekra-Page': '1'}})")
        await context.close()


async def test_the_page_is_sound_at_a_desk_and_on_a_phone_in_both_themes(browser: Browser, hub: Integrator) -> None:
    home = hub.under_test.running.home.runner
    for width, height in SIZES:
        for theme in THEMES:
            scheme: Any = theme
            context = await browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
            owner = Person(await context.new_page(), "")
            await owner.page.goto(await asyncio.to_thread(ticket_url, home))
            await expect(owner.page.locator("#checks li").first).to_be_visible(timeout=MS)
            await expect(owner.page.locator("html")).to_have_attribute("data-mantine-color-scheme", theme)
            assert await owner.problems() == [], (width, theme)
            assert await owner.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (width, theme)
            await context.close()
