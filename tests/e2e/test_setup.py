"""The first run of a Hub in the browser: a password of one's own, and the demo from nothing to its report."""

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.integrator import Integrator, unique
from tests.e2e.studio import SECONDS, person

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

WAIT = SECONDS * 1000
GIVEN, OWN = "made by somebody else", "known to nobody but me"


async def test_a_new_administrator_chooses_a_password_and_runs_the_demo(browser: Browser, hub: Integrator) -> None:
    email = f"{unique('first').replace(' ', '-').lower()}@example.com"
    await hub.api.call("POST", "/users", {"email": email, "role": "ADMIN", "password": GIVEN})
    async with person(browser, hub.url, email, GIVEN) as first:
        page = first.page
        await page.goto(f"{first.url}/setup")
        step = page.get_by_role("listitem").filter(has_text="A password of your own")
        await step.get_by_label("Current password").fill(GIVEN)
        await step.get_by_label("New password").fill(OWN)
        await step.get_by_role("button", name="Change password").click()
        # Every session has ended; signed in again, the person is where they were.
        await expect(page.get_by_role("button", name="Sign in")).to_be_visible(timeout=WAIT)
        await page.get_by_label("E-mail").fill(email)
        await page.get_by_label("Password", exact=True).fill(OWN)
        await page.get_by_role("button", name="Sign in").click()
        await expect(step.get_by_text("You have chosen one.")).to_be_visible(timeout=WAIT)
        # Which one depends on the tests before: they share the Hub.
        await expect(page.get_by_role("heading", name="An edition , done")).to_be_visible(timeout=WAIT)
        await expect(page.get_by_text("One is connected.")).to_be_visible(timeout=WAIT)

        await page.get_by_role("button", name="Run the demo").click()
        await expect(page.get_by_text("Result: invoices 4, gross 4,528.43")).to_be_visible(timeout=WAIT)
        await page.get_by_role("tab", name="Files").click()
        await expect(page.get_by_role("link", name="report.csv")).to_be_visible(timeout=WAIT)
        told = (await hub.api.call("GET", "/setup"))["setup"]
        assert (told["runnerConnected"], told["executionStarted"]) == (True, True)
        assert set(told) == {"passwordChanged", "licenseInstalled", "runnerConnected", "executionStarted"}
        # What was still being asked when the sessions ended was refused.
        assert [line for line in first.said if "401" not in line] == []


async def test_who_does_not_set_up_is_told_who_does(browser: Browser, hub: Integrator) -> None:
    email = f"{unique('op').replace(' ', '-').lower()}@example.com"
    await hub.api.call("POST", "/users", {"email": email, "role": "OPERATOR", "password": GIVEN})
    async with person(browser, hub.url, email, GIVEN) as operator:
        await operator.page.goto(f"{operator.url}/setup")
        await expect(operator.page.get_by_text("An administrator sets the Hub up")).to_be_visible(timeout=WAIT)
        assert operator.said == []
