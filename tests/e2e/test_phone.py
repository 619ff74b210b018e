"""What a person does on a phone that a wide screen offers elsewhere."""

import pytest
from playwright.async_api import Browser, ViewportSize, expect

from tests.e2e.integrator import Integrator, node, row, unique
from tests.e2e.studio import person
from tests.hub import EMAIL, PASSWORD

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

WAIT = 60_000
PHONE: ViewportSize = {"width": 390, "height": 844}


async def test_a_version_is_gone_back_to_and_a_long_list_of_choices_is_sound(browser: Browser, hub: Integrator) -> None:
    workflow = await hub.api.publish(unique("Gone back"), row(node("say", "log.message", {"message": "one"})))
    second = {"graph": row(node("say", "log.message", {"message": "two"})), "note": "Two"}
    await hub.api.call("PUT", f"/workflows/{workflow}/draft", second)
    await hub.api.call("POST", f"/workflows/{workflow}/publish", {})
    async with person(browser, hub.url, EMAIL, PASSWORD, viewport=PHONE, reduced_motion="reduce") as ada:
        page = ada.page
        await page.goto(f"{ada.url}/workflows/{workflow}?tab=versions")
        await page.get_by_role("button", name="More for version 1").click(timeout=WAIT)
        await page.get_by_role("menuitem", name="Go back…").click(timeout=WAIT)
        await page.get_by_role("button", name="Go back to 1").click(timeout=WAIT)
        await expect(page.get_by_text("Version 3 is published")).to_be_visible(timeout=WAIT)

        await page.goto(f"{ada.url}/triggers/new?kind=schedule")
        zone = page.get_by_role("combobox", name="Zone").or_(page.get_by_role("textbox", name="Zone"))
        await zone.click(timeout=WAIT)
        choices = page.get_by_role("listbox")
        await expect(choices.get_by_role("option").nth(20)).to_be_attached(timeout=WAIT)
        # It scrolls by itself: no pane inside it that keys could not reach.
        assert await choices.evaluate("list => list.scrollHeight > list.clientHeight")
        assert await ada.problems() == []
        assert ada.said == []
