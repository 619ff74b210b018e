"""The installation's name and time zone, from the form that sets them to the pages that show them."""

import re

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.integrator import Integrator, unique
from tests.e2e.studio import person
from tests.hub import EMAIL, PASSWORD

pytestmark = pytest.mark.asyncio(loop_scope="session")

WAIT = 60_000


async def test_a_name_and_a_zone_that_were_set_are_met_all_over(browser: Browser, hub: Integrator) -> None:
    name = unique("Production")
    async with person(browser, hub.url, EMAIL, PASSWORD) as ada:
        page = ada.page
        await page.goto(f"{ada.url}/settings")
        await page.get_by_role("button", name="Change", exact=True).click(timeout=WAIT)
        form = page.get_by_role("dialog")
        await form.get_by_label("Name").fill(name)
        await form.get_by_role("combobox", name="Time zone").fill("Pacific/Auck")
        await page.get_by_role("option", name="Pacific/Auckland").click()
        try:
            await form.get_by_role("button", name="Save").click()
            await expect(page).to_have_title(f"Settings · {name}", timeout=WAIT)
            await page.goto(f"{ada.url}/triggers/new")
            await expect(page.get_by_role("combobox", name="Time zone")).to_have_value("Pacific/Auckland", timeout=WAIT)
            await expect(page.get_by_role("link", name=f"{name}, dashboard")).to_have_text(name)
            await expect(page).to_have_title(re.compile(f"{re.escape(name)}$"))
        finally:
            await hub.api.call("PATCH", "/settings", {"installationName": None, "timeZone": None})
