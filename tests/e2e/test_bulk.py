"""A person ticks executions in the list and ends them together."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.integrator import DOUBLING, Integrator, unique
from tests.e2e.studio import person
from tests.hub import EMAIL, PASSWORD

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

WAIT = 60_000


async def test_ticked_executions_are_stopped_after_a_question_that_counts_them(
    browser: Browser, hub: Integrator
) -> None:
    name = unique("Ticked")
    workflow = await hub.api.publish(name, DOUBLING)
    later = {"inputs": {"number": 1}, "notBefore": (datetime.now(UTC) + timedelta(hours=6)).isoformat()}
    ids = [(await hub.start(workflow, **later))["id"] for _ in range(3)]
    async with person(browser, hub.url, EMAIL, PASSWORD) as ada:
        page = ada.page
        await page.goto(f"{hub.url}/executions?workflowId={workflow}")
        ticks = page.get_by_role("checkbox", name=f"Select {name}")
        await expect(ticks).to_have_count(3, timeout=WAIT)
        await ticks.nth(0).check()
        await ticks.nth(1).check()
        bar = page.get_by_role("toolbar", name="Selected executions")
        await expect(bar).to_contain_text("2 selected", timeout=WAIT)
        await bar.get_by_role("button", name="Stop", exact=True).click()
        question = page.get_by_role("dialog", name="Stop 2 executions?")
        await expect(question).to_be_visible(timeout=WAIT)
        await question.get_by_role("button", name="Stop", exact=True).click()
        await expect(page.get_by_text("Asked 2 to stop.")).to_be_visible(timeout=WAIT)
        await expect(bar).to_have_count(0, timeout=WAIT)
        assert ada.said == []
    ended = [(await hub.api.call("GET", f"/executions/{each}"))["execution"]["status"] for each in ids]
    assert sorted(ended) == ["QUEUED", "STOPPED", "STOPPED"]
    await hub.api.call("POST", "/executions/bulk", {"action": "stop", "filter": {"workflowId": workflow}})
