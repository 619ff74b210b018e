"""Workflows drawn, checked, run and published in a real browser, by two people, and through a restart of the Hub."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Route, expect

from tests.e2e.integrator import Integrator, unique
from tests.e2e.studio import SECONDS, Person, person
from tests.hub import EMAIL, PASSWORD

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

COLLEAGUE = ("grace@example.com", "a compiler for everybody")
WAIT = SECONDS * 1000
START: dict[str, Any] = {"id": "start", "type": "control.start", "name": "Start", "position": {"x": 0, "y": 0}}
LOG: dict[str, Any] = {
    "id": "say",
    "type": "log.message",
    "name": "Say so",
    "config": {"message": "hello"},
    "position": {"x": -56, "y": 80},
}
SAYING = {
    "schemaVersion": 1,
    "nodes": [START, LOG],
    "edges": [{"id": "e", "from": "start", "port": "out", "to": "say"}],
}


@pytest_asyncio.fixture(loop_scope="session")
async def ada(hub: Integrator, browser: Browser) -> AsyncIterator[Person]:
    """The administrator at the Studio; nothing may stand in the console at the end."""
    async with person(browser, hub.url, EMAIL, PASSWORD) as somebody:
        yield somebody
    assert somebody.said == []


async def draft(hub: Integrator, graph: dict[str, Any] | None = None) -> str:
    """A new workflow with this draft."""
    body = {"name": unique("Studio"), **({"graph": graph} if graph else {})}
    made = await hub.api.call("POST", "/workflows", body)
    return str(made["workflow"]["id"])


async def test_a_workflow_is_drawn_checked_run_undone_and_published(hub: Integrator, ada: Person) -> None:
    workflow_id = await draft(hub)
    page = ada.page
    await ada.open(workflow_id)

    # Drawn: behind the start, then into the loop by dragging.
    await ada.node("start").click()
    await ada.add("data.transform")
    await expect(ada.edge("start:out:transform")).to_be_attached()
    await ada.field("Expression", "range(3)")
    await ada.node("transform").click()
    await ada.add("control.forEach")
    await ada.field("Items", "{{ nodes.transform.output }}")
    await ada.drag_type("log.message", into="forEach")
    await expect(ada.node("message")).to_be_visible()

    # Checked: the problem leads to the empty field, and goes when it is filled in.
    problem = page.get_by_test_id("problems").get_by_role("button").filter(has_text="'message' is missing")
    await problem.click()
    await expect(page.get_by_role("textbox", name="Message", exact=True)).to_be_focused()
    await ada.field("Message", "item {{ item }}")
    await expect(page.get_by_text("Ready to publish")).to_be_visible(timeout=WAIT)
    await ada.saved()
    graph = (await hub.api.call("GET", f"/workflows/{workflow_id}"))["workflow"]["graph"]
    loop = next(node for node in graph["nodes"] if node["id"] == "forEach")
    assert [node["config"] for node in loop["body"]["nodes"]] == [{"message": "item {{ item }}"}]
    assert [edge["to"] for edge in graph["edges"]] == ["transform", "forEach"]

    # Run: every node tells how it went, what it gave, what it wrote.
    await page.get_by_test_id("run").click()
    await expect(page.get_by_test_id("live-bar")).to_have_attribute("data-status", "COMPLETED", timeout=WAIT)
    for node_id in ("start", "transform", "forEach", "message"):
        await expect(ada.node(node_id)).to_have_attribute("data-status", "completed", timeout=WAIT)
    await expect(ada.node("forEach")).to_contain_text("3 of 3")
    await ada.node("transform").click()
    await page.get_by_role("tab", name="Output").click()
    await expect(page.get_by_label("Output", exact=True).first).to_contain_text("0,\n  1,\n  2")
    await page.get_by_role("tab", name="Run log").click()
    await expect(page.get_by_text("item 2", exact=True)).to_be_visible(timeout=WAIT)

    # Undone and done again.
    await page.get_by_test_id("canvas").focus()
    await page.keyboard.press("Delete")
    await expect(ada.node("transform")).to_have_count(0)
    await page.keyboard.press("ControlOrMeta+z")
    await expect(ada.node("transform")).to_be_visible()
    await page.keyboard.press("ControlOrMeta+Shift+z")
    await expect(ada.node("transform")).to_have_count(0)
    await page.keyboard.press("ControlOrMeta+z")
    await expect(ada.edge("transform:out:forEach")).to_be_attached()

    # Published, with the reason.
    await page.get_by_role("button", name="Publish…").click()
    await page.get_by_label("What changed").fill("Says every number")
    await page.get_by_role("button", name="Publish", exact=True).click()
    await expect(page.get_by_text("is published.")).to_be_visible(timeout=WAIT)
    workflow = (await hub.api.call("GET", f"/workflows/{workflow_id}"))["workflow"]
    versions = (await hub.api.call("GET", f"/workflows/{workflow_id}/versions"))["items"]
    assert workflow["publishedVersion"] == workflow["draftVersion"]
    assert versions[0]["published"]
    assert "Says every number" in [version["note"] for version in versions]


async def test_a_run_is_held_before_a_node_stepped_and_let_go(hub: Integrator, ada: Person) -> None:
    await ada.open(await draft(hub, SAYING))
    page = ada.page
    await ada.node("say").click()
    await page.keyboard.press("b")
    await page.keyboard.press("ControlOrMeta+Enter")
    await expect(page.get_by_test_id("held")).to_have_text("held before Say so", timeout=WAIT)
    await expect(ada.node("say")).to_have_attribute("data-status", "paused")
    await page.get_by_role("button", name="Go on").click()
    await expect(page.get_by_test_id("live-bar")).to_have_attribute("data-status", "COMPLETED", timeout=WAIT)


async def test_everything_is_done_by_keyboard_and_axe_finds_nothing_serious(hub: Integrator, ada: Person) -> None:
    workflow_id = await draft(hub, SAYING)
    await ada.open(workflow_id)
    page = ada.page
    await page.get_by_test_id("canvas").focus()
    await page.keyboard.press("Alt+ArrowDown")
    await page.keyboard.press("Alt+ArrowDown")
    await page.keyboard.press("Tab")
    await page.keyboard.type("delay")
    await page.keyboard.press("Enter")
    await expect(ada.edge("say:out:delay")).to_be_attached()
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("c")
    await expect(page.get_by_text("No node can be connected from here.")).to_be_visible()
    await page.keyboard.press("Escape")
    assert await ada.problems() == []
    await page.keyboard.press("ControlOrMeta+s")
    await ada.saved()
    graph = (await hub.api.call("GET", f"/workflows/{workflow_id}"))["workflow"]["graph"]
    assert [node["id"] for node in graph["nodes"]] == ["start", "say", "delay"]

    await page.set_viewport_size({"width": 390, "height": 844})
    await expect(page.get_by_test_id("run")).to_have_count(0)
    await ada.node("say").click()
    await expect(page.get_by_role("textbox", name="Message", exact=True)).to_have_attribute("readonly", "")
    assert await ada.problems() == []


async def test_two_people_at_one_workflow_overwrite_nothing_silently(
    hub: Integrator, ada: Person, browser: Browser
) -> None:
    email, password = COLLEAGUE
    await hub.api.call("POST", "/users", {"email": email, "name": "Grace", "password": password, "role": "DEVELOPER"})
    workflow_id = await draft(hub, SAYING)
    async with person(browser, hub.url, email, password) as grace:
        await ada.open(workflow_id)
        await grace.open(workflow_id)
        for somebody, name in ((ada, "Said by Ada"), (grace, "Said by Grace")):
            await somebody.node("say").click()
            await somebody.page.get_by_label("Name of the node").fill(name)
            await somebody.page.keyboard.press("ControlOrMeta+s")
        await ada.saved()

        dialog = grace.page.get_by_role("dialog", name="Somebody else changed this workflow")
        await expect(dialog).to_contain_text(EMAIL, timeout=WAIT)
        await expect(dialog.get_by_role("button", name="Keep both")).to_have_count(0)
        await dialog.get_by_role("button", name="Compare theirs with mine").click()
        await expect(grace.page.get_by_text("Said by Ada").first).to_be_visible()
        await grace.page.get_by_role("button", name="Close", exact=True).click()
        await dialog.get_by_role("button", name="Keep mine").click()
        await grace.saved()

        await expect(ada.node("say")).to_contain_text("Said by Grace", timeout=2 * WAIT)
        # Only the refused save may stand in the console.
        assert all("412" in line for line in grace.said)
    versions = [
        (await hub.api.call("GET", f"/workflows/{workflow_id}/versions/{number}"))["version"]["graph"]["nodes"][1][
            "name"
        ]
        for number in (1, 2, 3)
    ]
    assert versions == ["Say so", "Said by Ada", "Said by Grace"]


async def theirs(hub: Integrator, workflow_id: str, name: str, at: int = 1) -> None:
    """Somebody else names a node, at this very moment."""
    graph = (await hub.api.call("GET", f"/workflows/{workflow_id}"))["workflow"]["graph"]
    graph["nodes"][at]["name"] = name
    await hub.api.call("PUT", f"/workflows/{workflow_id}/draft", {"graph": graph})


@asynccontextmanager
async def overtaken(hub: Integrator, ada: Person, workflow_id: str, name: str, at: int) -> AsyncIterator[None]:
    """Somebody else's change arrives at the Hub while the next save is on its way: whoever is slow meets it."""

    async def let_them_pass(route: Route) -> None:
        await theirs(hub, workflow_id, name, at)
        await route.continue_()

    await ada.page.route("**/draft*", let_them_pass, times=1)
    yield
    await ada.page.unroute("**/draft*")


async def test_changes_that_fit_are_both_kept_and_theirs_can_be_taken(hub: Integrator, ada: Person) -> None:
    workflow_id = await draft(hub, SAYING)
    await ada.open(workflow_id)
    await ada.node("say").click()
    dialog = ada.page.get_by_role("dialog", name="Somebody else changed this workflow")
    async with overtaken(hub, ada, workflow_id, "Begin", 0):
        await ada.field("Message", "good morning")
        await ada.page.keyboard.press("ControlOrMeta+s")
        await expect(dialog).to_be_visible(timeout=WAIT)
    await dialog.get_by_role("button", name="Keep both").click(timeout=WAIT)
    await ada.saved()
    await expect(ada.node("start")).to_contain_text("Begin")
    start, say = (await hub.api.call("GET", f"/workflows/{workflow_id}"))["workflow"]["graph"]["nodes"]
    assert (start["name"], say["config"]["message"]) == ("Begin", "good morning")

    async with overtaken(hub, ada, workflow_id, "Named by them", 1):
        await ada.page.get_by_label("Name of the node").fill("Named by Ada")
        await ada.page.keyboard.press("ControlOrMeta+s")
        await expect(dialog).to_be_visible(timeout=WAIT)
    await dialog.get_by_role("button", name="Take theirs").click(timeout=WAIT)
    await expect(ada.node("say")).to_contain_text("Named by them")
    await ada.saved()
    # What left the canvas is one step of undo away, and becomes a version on top of theirs.
    await ada.page.get_by_test_id("canvas").focus()
    await ada.page.keyboard.press("ControlOrMeta+z")
    await expect(ada.node("say")).to_contain_text("Named by Ada")
    await ada.page.keyboard.press("ControlOrMeta+s")
    await ada.saved()
    graph = (await hub.api.call("GET", f"/workflows/{workflow_id}"))["workflow"]["graph"]
    assert graph["nodes"][1]["name"] == "Named by Ada"
    # Only the refused saves may stand in the console.
    unexpected = [line for line in ada.said if "412" not in line]
    ada.said.clear()
    assert unexpected == []


async def test_a_published_version_is_gone_back_to(hub: Integrator, ada: Person) -> None:
    workflow_id = await hub.api.publish(unique("Back"), SAYING)
    await theirs(hub, workflow_id, "Worse")
    await hub.api.call("POST", f"/workflows/{workflow_id}/publish", {"note": "Worse"})
    page = ada.page
    await page.goto(f"{ada.url}/workflows/{workflow_id}?tab=versions")
    await page.get_by_role("button", name="Go back…").click(timeout=WAIT)
    await page.get_by_role("button", name="Go back to 1").click()
    await expect(page.get_by_text("Version 3 is published: the same graph as version 1.")).to_be_visible(timeout=WAIT)
    workflow = (await hub.api.call("GET", f"/workflows/{workflow_id}"))["workflow"]
    assert (workflow["publishedVersion"], workflow["graph"]["nodes"][1]["name"]) == (3, "Say so")


async def test_an_expression_shows_its_value_while_it_is_written(hub: Integrator, ada: Person) -> None:
    await ada.open(await draft(hub, SAYING))
    await ada.node("say").click()
    await ada.field("Message", "{{ 6 * 7")
    value = ada.page.get_by_role("status", name="Value now")
    await expect(value).to_contain_text("42", timeout=WAIT)
    await ada.page.keyboard.type(" / 0")
    await expect(value).to_contain_text("zero", timeout=WAIT)


async def test_what_is_written_before_the_editor_has_come_is_gone_on_with_where_it_was(
    hub: Integrator, ada: Person
) -> None:
    arrived = asyncio.Event()

    async def late(route: Route) -> None:
        await arrived.wait()
        await route.continue_()

    await ada.page.route("**/CodeEditor*", late)
    await ada.open(await draft(hub, SAYING))
    await ada.node("say").click()
    await ada.field("Message", "{{ 6 *")
    field = ada.page.get_by_role("textbox", name="Message", exact=True)
    await expect(field).to_have_value("{{  6 * }}", timeout=WAIT)
    arrived.set()
    await expect(ada.page.locator(".cm-content")).to_be_focused(timeout=WAIT)
    await ada.page.keyboard.type(" 7")
    await expect(ada.page.get_by_role("status", name="Value now")).to_contain_text("42", timeout=WAIT)


async def test_a_queue_is_chosen_by_its_name(hub: Integrator, ada: Person) -> None:
    name = unique("Invoices")
    await hub.api.call("POST", "/queues", {"name": name})
    take = {"id": "take", "type": "queue.takeItem", "name": "Take", "config": {}, "position": {"x": -56, "y": 80}}
    edges = [{"id": "e", "from": "start", "port": "out", "to": "take"}]
    workflow_id = await draft(hub, {"schemaVersion": 1, "nodes": [START, take], "edges": edges})
    await ada.open(workflow_id)
    await ada.node("take").click()
    settings = ada.page.get_by_label("Settings of the node", exact=True)
    await settings.get_by_role("combobox", name="Queue", exact=True).fill(name)
    await ada.page.get_by_role("option", name=name).click(timeout=WAIT)
    await expect(ada.page.get_by_role("link", name="Open the queue")).to_be_visible(timeout=WAIT)
    await ada.saved()
    graph = (await hub.api.call("GET", f"/workflows/{workflow_id}"))["workflow"]["graph"]
    assert graph["nodes"][1]["config"]["queue"] == name


async def test_an_unsaved_change_outlives_a_restart_of_the_hub(hub: Integrator, ada: Person) -> None:
    workflow_id = await draft(hub, SAYING)
    await ada.open(workflow_id)
    await ada.node("say").click()
    before = hub.under_test.pid("gateway")
    os.kill(before, signal.SIGKILL)
    await ada.page.get_by_label("Name of the node").fill("Said through it all")
    await ada.page.keyboard.press("ControlOrMeta+s")
    await expect(ada.page.get_by_test_id("save-state")).to_have_attribute("data-state", "away", timeout=WAIT)
    await ada.saved()
    await hub.under_test.living("gateway")
    graph = (await hub.api.patient("GET", f"/workflows/{workflow_id}"))["workflow"]["graph"]
    assert graph["nodes"][1]["name"] == "Said through it all"
    # The browser itself reports every call that found nobody.
    unexpected = [line for line in ada.said if "net::ERR" not in line and "Failed to load resource" not in line]
    ada.said.clear()
    assert unexpected == []
