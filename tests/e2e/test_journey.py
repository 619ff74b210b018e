"""The way of a person who never saw the product, from signing in to the reason of a failure: by mouse, then by keys.

Nothing goes behind the browser's back: what is imported is a file, what is run is the demo's own workflow.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from scripts.demo.material import read_graph
from scripts.demo.regions_service import BUSY_ANSWERS, regions_service
from tests.e2e.integrator import Integrator, unique
from tests.e2e.studio import SECONDS, VIEW, Person
from tests.hub import EMAIL, PASSWORD

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

WAIT = SECONDS * 1000
AIRPORTS = """iata,name,city,state,country,latitude,longitude
ATL,Hartsfield-Jackson,Atlanta,GA,USA,33.640444,-84.426944
SEA,Seattle-Tacoma,Seattle,WA,USA,47.448982,-122.309313
BOS,Logan,Boston,MA,USA,42.364347,-71.005181
"""
TABS = 150
"""More than any page has places to stop at."""


@dataclass(frozen=True)
class Material:
    """What the person has: an exported workflow in a file, and what it works on."""

    name: str
    file: Path
    airports: Path
    regions_url: str

    def is_chosen_in(self, page: Page) -> None:
        """Whenever the browser asks for a file, it is this one: the dialog is the desktop's, not the page's."""
        page.on("filechooser", lambda chooser: chooser.set_files(self.file))


@pytest_asyncio.fixture(loop_scope="session")
async def material(tmp_path: Path) -> AsyncIterator[Material]:
    """The demo's workflow under a name of its own, three airports, and the service it asks."""
    name = unique("Airports by region")
    file, airports = tmp_path / "airports-by-region.json", tmp_path / "airports.csv"
    file.write_text(json.dumps({"format": "exekra.workflow/1", "name": name, "graph": read_graph()}))
    airports.write_text(AIRPORTS)
    async with regions_service() as regions:
        # Its being busy at first is another story.
        regions.calls = BUSY_ANSWERS
        yield Material(name, file, airports, regions.url)


@pytest_asyncio.fixture(loop_scope="session")
async def person(hub: Integrator, browser: Browser) -> AsyncIterator[Person]:
    """Somebody in front of an empty browser; nothing may stand in its console at the end."""
    context = await browser.new_context(viewport=VIEW, ignore_https_errors=True)
    page = await context.new_page()
    somebody = Person(page, hub.url)
    page.on("console", lambda line: somebody.said.append(line.text) if line.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: somebody.said.append(str(error)))
    yield somebody
    await context.close()
    # Before anybody signed in, asking who is there is answered with 401, which the browser itself reports.
    assert [line for line in somebody.said if "401" not in line] == []


async def test_a_person_runs_changes_publishes_schedules_and_understands_a_failure(
    person: Person, material: Material
) -> None:
    page = person.page
    material.is_chosen_in(page)
    await page.goto(person.url)
    await page.get_by_label("E-mail").fill(EMAIL)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()

    # The demo's workflow comes from its file.
    await page.get_by_role("link", name="Workflows", exact=True).click()
    await page.get_by_role("button", name="Import", exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name="File").click()
    await page.get_by_role("dialog").get_by_role("button", name="Import").click()
    await expect(page.get_by_role("heading", level=1, name=material.name)).to_be_visible(timeout=WAIT)
    await page.get_by_role("link", name="Edit in the Studio").click()

    # Run and watched: every node lights up on the canvas.
    await expect(person.node("start")).to_be_visible(timeout=WAIT)
    await page.get_by_test_id("run").click()
    asked = page.get_by_role("dialog")
    await asked.get_by_label("airportsFile").fill(str(material.airports))
    await asked.get_by_label("regionsUrl").fill(material.regions_url)
    await asked.get_by_role("button", name="Run").click()
    await all_is_done(person)

    # Changed, and published with the reason.
    await person.node("keep").click()
    await person.field("File", "report.zip")
    await person.saved()
    await page.get_by_role("button", name="Publish…").click()
    await page.get_by_label("What changed").fill("The report has a name of its own")
    await page.get_by_role("button", name="Publish", exact=True).click()
    await expect(page.get_by_text("is published.")).to_be_visible(timeout=WAIT)

    # Scheduled, for every minute, and fired once by hand.
    await page.get_by_role("link", name="Triggers", exact=True).click()
    await page.get_by_role("button", name="New trigger").first.click()
    await page.get_by_role("menuitem", name="Schedule").click()
    await page.wait_for_url("**/triggers/new*", timeout=WAIT)
    await page.get_by_role("textbox", name="Name", exact=True).fill(f"{material.name}, nightly")
    starts = page.get_by_role("combobox", name="Starts").or_(page.get_by_role("textbox", name="Starts"))
    await starts.fill(material.name)
    await page.get_by_role("option", name=material.name).click()
    await page.get_by_label("airportsFile").fill(str(material.airports))
    await page.get_by_label("regionsUrl").fill(material.regions_url)
    await page.get_by_role("button", name="Create", exact=True).click()
    await page.get_by_role("button", name="Fire now").click()
    await page.wait_for_url("**/executions/*", timeout=WAIT)
    await expect(page.get_by_role("heading", name="What next")).to_be_visible(timeout=WAIT)

    # Found again by somebody who was not there, from the dashboard.
    await page.get_by_role("link", name="Dashboard", exact=True).click()
    await page.get_by_role("link", name="report.zip").filter(has_text=material.name).click()
    await reason_is_told(page)
    await page.get_by_role("link", name="Executions", exact=True).first.click()
    row = page.get_by_role("row").filter(has_text=material.name).filter(has_text="report.zip")
    await expect(row).to_be_visible(timeout=WAIT)


async def all_is_done(person: Person) -> None:
    """The run over the canvas ended well, and so did the nodes that are looked at, also inside the loop."""
    await expect(person.page.get_by_test_id("live-bar")).to_have_attribute("data-status", "COMPLETED", timeout=WAIT)
    for node_id in ("start", "airports", "states", "known", "sheet", "keep", "done"):
        await expect(person.node(node_id)).to_have_attribute("data-status", "completed", timeout=WAIT)


async def reason_is_told(page: Page) -> None:
    """What, where, why and what next, on the execution's own page."""
    await page.wait_for_url("**/executions/*", timeout=WAIT)
    await expect(page.get_by_text("report.zip cannot be attached").first).to_be_visible(timeout=WAIT)
    await expect(page.get_by_text("FILE_UNREADABLE").first).to_be_visible()
    await expect(page.get_by_text("Keep it").first).to_be_visible()
    await expect(page.get_by_role("heading", name="What next")).to_be_visible()


async def test_the_same_way_is_gone_by_keys_alone(person: Person, material: Material) -> None:
    page, keys = person.page, Keys(person.page)
    material.is_chosen_in(page)
    await page.goto(person.url)
    await expect(page.get_by_label("E-mail")).to_be_focused(timeout=WAIT)
    await keys.type(EMAIL)
    await keys.reach(page.get_by_label("Password", exact=True))
    await keys.type(PASSWORD)
    await keys.press("Enter")
    await expect(page.get_by_text("Live now")).to_be_visible(timeout=WAIT)

    await keys.find("Import a workflow")
    await keys.reach(page.get_by_role("dialog").get_by_role("button", name="File"))
    await keys.press("Enter")
    await expect(page.get_by_role("dialog").get_by_role("button", name="Import")).to_be_enabled(timeout=WAIT)
    await keys.use(page.get_by_role("dialog").get_by_role("button", name="Import"))
    await expect(page.get_by_role("heading", level=1, name=material.name)).to_be_visible(timeout=WAIT)
    await keys.use(page.get_by_role("link", name="Edit in the Studio"))

    await expect(person.node("start")).to_be_visible(timeout=WAIT)
    await expect(page.get_by_test_id("run")).to_be_enabled(timeout=WAIT)
    await keys.press("ControlOrMeta+Enter")
    asked = page.get_by_role("dialog")
    await expect(asked.get_by_label("airportsFile")).to_be_focused(timeout=WAIT)
    await keys.type(str(material.airports))
    await keys.reach(asked.get_by_label("regionsUrl"))
    await keys.type(material.regions_url)
    await keys.press("Enter")
    await all_is_done(person)

    # The node is found by its name, its field by Tab.
    await keys.press("ControlOrMeta+f")
    await keys.type("Keep it")
    await keys.press("Enter", "Escape")
    await keys.reach(
        page.get_by_label("Settings of the node", exact=True).get_by_role("textbox", name="File", exact=True)
    )
    await keys.press("ControlOrMeta+a")
    await keys.type("report.zip")
    await person.saved()
    await keys.use(page.get_by_role("button", name="Publish…"), back=True)
    await expect(page.get_by_label("What changed")).to_be_focused(timeout=WAIT)
    await keys.type("By keys alone")
    await keys.use(page.get_by_role("button", name="Publish", exact=True))
    await expect(page.get_by_text("is published.")).to_be_visible(timeout=WAIT)

    await keys.find("New schedule")
    await page.wait_for_url("**/triggers/new*", timeout=WAIT)
    await keys.reach(page.get_by_role("textbox", name="Name", exact=True))
    await keys.type(f"{material.name}, nightly")
    await keys.reach(page.get_by_role("combobox", name="Starts").or_(page.get_by_role("textbox", name="Starts")))
    await keys.type(material.name)
    await expect(page.get_by_role("option", name=material.name)).to_be_visible(timeout=WAIT)
    await keys.press("ArrowDown", "Enter")
    await keys.reach(page.get_by_label("airportsFile"))
    await keys.type(str(material.airports))
    await keys.reach(page.get_by_label("regionsUrl"))
    await keys.type(material.regions_url)
    await keys.press("ControlOrMeta+s")
    await expect(page.get_by_role("button", name="Fire now")).to_be_visible(timeout=WAIT)
    await keys.use(page.get_by_role("button", name="Fire now"))
    await page.wait_for_url("**/executions/*", timeout=WAIT)
    await expect(page.get_by_role("heading", name="What next")).to_be_visible(timeout=WAIT)

    await keys.press("g", "d")
    await keys.use(page.get_by_role("link", name="report.zip").filter(has_text=material.name))
    await reason_is_told(page)


class Keys:
    """Hands that never leave the keyboard."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def press(self, *keys: str) -> None:
        """One key after the other."""
        for key in keys:
            await self._page.keyboard.press(key)

    async def type(self, text: str) -> None:
        """Letter by letter, into whatever has the focus."""
        await self._page.keyboard.type(text)

    async def find(self, what: str) -> None:
        """By the palette: what is found first for these words."""
        await self.press("ControlOrMeta+k")
        await self.type(what)
        await expect(self._page.get_by_role("dialog").get_by_text(what)).to_be_visible(timeout=WAIT)
        await self.press("Enter")
        await expect(self._page.get_by_placeholder("Find a workflow")).to_have_count(0, timeout=WAIT)

    async def reach(self, wanted: Locator, *, back: bool = False) -> None:
        """By Tab, from wherever the focus is. Raises AssertionError when Tab does not lead there."""
        await expect(wanted).to_be_visible(timeout=WAIT)
        element = await wanted.element_handle(timeout=WAIT)
        for _ in range(TABS):
            focused = await self._page.evaluate(HAS_FOCUS, element)
            if focused is None:
                # Drawn anew on the way. To look it up by its name at every step would take most of the time.
                element = await wanted.element_handle(timeout=WAIT)
                focused = await self._page.evaluate(HAS_FOCUS, element)
            if focused:
                return
            await self.press("Shift+Tab" if back else "Tab")
        where: Any = await self._page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        raise AssertionError(f"Tab does not lead to {wanted}; the focus is at {where}")

    async def use(self, wanted: Locator, *, back: bool = False) -> None:
        """The same, and Enter."""
        await self.reach(wanted, back=back)
        await self.press("Enter")


HAS_FOCUS = "element => (element.isConnected ? element.contains(document.activeElement) : null)"
