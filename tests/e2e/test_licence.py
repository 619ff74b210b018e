"""A licence from its file into force, as an administrator and their programs meet it: browser, REST, audit.

It allows about what the community edition does, for the Hub is shared with other tests and keeps it.
"""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.integrator import Integrator, unique
from tests.e2e.studio import person
from tests.eventually import eventually
from tests.hub import EMAIL, PASSWORD
from tests.licences import licence

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

WAIT = 60_000
LIMITS = {"runners": 12, "concurrentExecutions": 90}


async def test_an_administrator_installs_a_licence_and_is_told_why_another_is_refused(
    browser: Browser, hub: Integrator, tmp_path: Path
) -> None:
    customer = unique("Acme")
    installation = (await hub.api.call("GET", "/license"))["license"]["installationId"]
    text = licence(datetime.now(UTC), customer=customer, limits=LIMITS, installationId=installation, days=20)
    good, bad = tmp_path / "acme.lic", tmp_path / "wider.lic"
    good.write_text(text)
    bad.write_text(text.replace('"runners": 12', '"runners": 9000'))
    async with person(browser, hub.url, EMAIL, PASSWORD) as ada:
        page = ada.page
        await page.goto(f"{hub.url}/licence")
        await expect(page.get_by_label("the installation's id", exact=True)).to_have_text(installation, timeout=WAIT)
        await page.locator("input[type=file]").set_input_files(good)
        await expect(page.get_by_text(customer, exact=True)).to_be_visible(timeout=WAIT)
        await expect(page.get_by_text("of 90")).to_be_visible()
        await expect(page.get_by_role("heading", name="What happens when")).to_be_visible()
        await page.goto(hub.url)
        await expect(page.get_by_text("The licence ends on")).to_be_visible(timeout=WAIT)
        assert ada.said == []
        await page.goto(f"{hub.url}/licence")
        await page.locator("input[type=file]").set_input_files(bad)
        await expect(page.get_by_text("was changed after it was issued")).to_be_visible(timeout=WAIT)
        await expect(page.get_by_text("Ask for the file again")).to_be_visible()
        await expect(page.get_by_text(customer, exact=True)).to_be_visible()

    shown = (await hub.api.call("GET", "/license"))["license"]
    again = (await hub.api.call("POST", "/license", {"file": text}))["license"]
    assert again == shown
    assert (shown["state"], shown["customer"], shown["runnerLimit"], shown["problem"]) == ("valid", customer, 12, None)

    async def limit_is_in_force() -> bool:
        rows = await hub.under_test.query("SELECT concurrent_executions FROM automation.licence_verdict")
        return [row["concurrent_executions"] for row in rows] == [90]

    # Told at once by the license service, within a minute at the latest.
    await eventually(limit_is_in_force, seconds=90)

    async def audited() -> bool:
        found = (await hub.api.call("GET", "/audit?resource=license"))["items"]
        told = [(event["action"], event["actorName"] != "") for event in found if event["service"] == "license"]
        return {("license.installed", True), ("license.install_refused", True)} <= set(told)

    await eventually(audited, seconds=30)
