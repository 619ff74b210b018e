"""What a person does in a real browser becomes a workflow that does it again."""

import asyncio
import json
import os

import pytest
from playwright.async_api import Page

from runner.engine.executor import execute
from runner.engine.plan import compile_plan
from runner.engine.request import RunRequest
from runner.nodes.browser import program
from runner.nodes.registry import declarations, node_types
from runner.recorder.folding import fold
from runner.recorder.session import Recording, recording
from runner.recorder.workflow import Recorded, workflow_of
from runner.workflow.validation import validate_document
from tests.contract.graphs.world import Witness
from tests.eventually import eventually
from tests.integration.runner.recorder.office import Office, office

pytestmark = pytest.mark.skipif(bool(program.missing()) and not os.environ.get("CI"), reason=str(program.missing()))

SECRET = "correct horse 17"


@pytest.fixture
async def pages():
    async with office() as pages:
        yield pages


async def use_the_form(page: Page, scan: str) -> None:
    """As a person: with mouse and keyboard, so that the page sees trusted events."""
    await page.get_by_label("Name").click()
    await page.keyboard.type("Ada {{ Lovelace }}")
    await page.get_by_label("Password").click()
    await page.keyboard.type("correct horse")
    await page.get_by_text("Show").click()
    await page.locator("#password").press("End")
    await page.keyboard.type(" 17")
    await page.locator("#f7k2x9q1z").click()
    await page.keyboard.type("Genoa")
    await page.get_by_label("Country").focus()
    await page.keyboard.type("Peru")
    await page.get_by_text("I agree").click()
    await page.get_by_text("Large").click()
    await page.get_by_label("Scan").set_input_files(scan)
    await page.get_by_label("Note").click()
    await page.keyboard.type("Soon")
    await page.locator("button.x").nth(1).click()
    await page.get_by_text("In the shadow").click()
    await page.get_by_label("Name").press("Enter")


async def use_other_places(recorder: Recording) -> None:
    page = recorder.session.page
    inner = page.frame_locator("#inner")
    await inner.get_by_placeholder("Inside").press_sequentially("deep")
    await inner.get_by_role("button").click()
    async with page.context.expect_page() as opened:
        await page.get_by_text("Other tab").click(modifiers=["Control"])
    other = await opened.value
    await other.get_by_role("button").click()


async def recorded(recorder: Recording, url: str) -> Recorded:
    return workflow_of(url, fold(await recorder.happenings()), dialogs=recorder.dialogs)


async def replay(graph: dict, tmp_path, **inputs):
    read, problems = validate_document(graph, declarations())
    assert not problems
    workdir = tmp_path / "execution"
    workdir.mkdir()
    witness = Witness(vault={"login": {"password": SECRET, "pin": "4711"}})
    return await execute(
        compile_plan(read, declarations()), RunRequest("e1", workdir, inputs=inputs), witness, node_types()
    )


async def expect(pages: Office, count: int) -> list[str]:
    await eventually(lambda: len(pages.done) >= count, seconds=60)
    # Each is sent without waiting for the others.
    return sorted(pages.done)


async def test_a_recorded_visit_replays_with_the_same_effect_and_no_secret_in_it(pages, tmp_path):
    scan = tmp_path / "scan.txt"
    scan.write_text("a scan")
    async with recording(program.find_program(), pages.url, tmp_path, headless=True) as recorder:
        await use_the_form(recorder.session.page, str(scan))
        await use_other_places(recorder)
        done = await expect(pages, 5)
        result = await recorded(recorder, pages.url)
    assert done == sorted(
        [
            "delete 1",
            "shadow",
            f"save|Ada {{{{ Lovelace }}}}|{SECRET}|2|true|l|Genoa|scan.txt|Soon",
            "inside deep",
            "other",
        ]
    )
    text = json.dumps(result.graph)
    assert "correct" not in text
    assert "horse" not in text
    assert "credentials.login.password" in text
    assert any("'password'" in remark for remark in result.remarks)
    pages.done.clear()
    outcome = await replay(result.graph, tmp_path, file1=str(scan))
    assert outcome.failure is None, outcome.failure
    assert await expect(pages, 5) == done


async def test_addresses_tabs_and_the_way_back_are_steps_when_a_person_takes_them_by_the_browser(pages, tmp_path):
    async with recording(program.find_program(), pages.url, tmp_path, headless=True) as recorder:
        page = recorder.session.page
        await page.goto(f"{pages.url}/other")  # told apart from a page's own ways as typing into the bar is
        await page.get_by_role("button").click()
        await page.evaluate("history.pushState({}, '', '/within')")
        by_hand = await page.context.new_page()
        await by_hand.goto(f"{pages.url}/inner")
        await recorder.happenings()  # nobody closes a tab before it has shown its page
        await by_hand.close()
        await page.bring_to_front()
        await page.get_by_role("button").click()
        await expect(pages, 2)
        graph = (await recorded(recorder, pages.url)).graph
    steps = [
        (node["type"].partition(".")[2], node["config"].get("url") or node["config"].get("action"))
        for node in graph["nodes"]
    ]
    assert steps == [
        ("start", None),
        ("open", pages.url),
        ("goto", f"{pages.url}/other"),
        ("click", None),
        ("tab", "new"),
        ("goto", f"{pages.url}/inner"),
        ("tab", "close"),
        ("click", None),
        ("close", None),
    ]


async def test_closing_the_last_tab_ends_a_recording_with_what_was_done(pages, tmp_path):
    async with recording(program.find_program(), pages.url, tmp_path, headless=True) as recorder:
        await recorder.session.page.get_by_label("Name").press_sequentially("Ada")
        await recorder.session.page.close()
        async with asyncio.timeout(60):
            await recorder.wait_closed()
        graph = (await recorded(recorder, pages.url)).graph
    assert [node["type"] for node in graph["nodes"]] == [
        "control.start",
        "browser.open",
        "browser.fill",
        "browser.close",
    ]
    assert graph["nodes"][2]["config"]["value"] == "Ada"
    assert not [*tmp_path.glob(".browser-*")]
