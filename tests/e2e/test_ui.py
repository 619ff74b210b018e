"""The browser UI in a real browser: people find, run, watch and understand; every page is sound; a restart passes."""

import asyncio
import gzip
import os
import signal
from contextlib import AsyncExitStack
from itertools import chain as all_of
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from scripts import ui
from tests.e2e.integrator import Integrator, unique
from tests.e2e.studio import VIEW, Person, person
from tests.hub import EMAIL, PASSWORD

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

FIRST_LOAD_BYTES = 350 * 1000
WAIT = 60_000
PHONE: ViewportSize = {"width": 390, "height": 844}
WINDOWS = 2
"""That look through the pages at the same time: while one waits for the Hub, the other works."""
PAGES = (
    "/",
    "/workflows",
    "/workflows/{workflow}",
    "/workflows/{workflow}?tab=versions",
    "/workflows/{workflow}?tab=about",
    "/executions",
    "/executions?q=nothing-is-called-so",
    "/executions/{completed}",
    "/executions/{completed}?tab=values",
    "/executions/{failed}",
    "/triggers",
    "/triggers/new?kind=schedule",
    "/triggers/new?kind=webhook",
    "/triggers/{schedule}",
    "/triggers/{schedule}?tab=ledger",
    "/triggers/{webhook}",
    "/triggers/{webhook}?tab=call",
    "/approvals",
    "/queues",
    "/queues/{queue}",
    "/queues/{queue}/items/{item}",
    "/credentials",
    "/variables",
    "/calendars",
    "/calendars/{calendar}",
    "/event-endpoints",
    "/notification-rules",
    "/runners",
    "/runners/{runner}",
    "/users",
    "/api-keys",
    "/audit",
    "/licence",
    "/health",
    "/settings",
    "/setup",
    "/no-such-place",
)
Theme = Literal["light", "dark"]
FOCUS = """() => {
  const [element, body] = [document.activeElement, document.body];
  if (!element || element === body) return 'nothing has it after Tab';
  const style = getComputedStyle(element);
  const marked = style.outlineStyle !== 'none' || style.boxShadow !== 'none';
  return marked && element.matches(':focus-visible') ? '' : element.outerHTML.slice(0, 160);
}"""
START: dict[str, Any] = {"id": "start", "type": "control.start", "name": "Start", "position": {"x": 0, "y": 0}}


def chain(*nodes: dict[str, Any]) -> dict[str, Any]:
    """A graph of these nodes one after the other."""
    placed = [{"position": {"x": 0, "y": 80 * index}, **node} for index, node in enumerate([START, *nodes])]
    edges = [
        {"id": f"e{index}", "from": left["id"], "port": "out", "to": right["id"]}
        for index, (left, right) in enumerate(pairwise(placed))
    ]
    return {"schemaVersion": 1, "nodes": placed, "edges": edges}


SAYING = chain(
    {"id": "greet", "type": "log.message", "name": "Greet", "config": {"message": "Good morning, Ada"}},
    {"id": "sum", "type": "data.transform", "name": "Add up", "config": {"expression": "{{ 20 + 22 }}"}},
) | {"output": {"total": "{{ nodes.sum.output }}"}}
FAILING = chain(
    {"id": "orders", "type": "files.read", "name": "Read the orders", "config": {"path": "orders-of-today.txt"}}
)


async def test_a_person_finds_a_workflow_runs_it_and_understands_a_failure(browser: Browser, hub: Integrator) -> None:
    good, bad = unique("Greet the day"), unique("Read the orders")
    await hub.api.publish(good, SAYING)
    await hub.api.publish(bad, FAILING)
    async with person(browser, hub.url, EMAIL, PASSWORD) as ada:
        await open_by_palette(ada.page, good)
        await run_on_the_runner(ada.page)
        await expect(ada.page.get_by_text("Completed", exact=True).first).to_be_visible(timeout=WAIT)
        await expect(ada.page.get_by_text("Result: total 42")).to_be_visible()
        await expect(ada.page.get_by_text("Good morning, Ada")).to_be_visible()
        await ada.page.get_by_role("button", name="Add up").click()
        await expect(ada.page.get_by_label("Output", exact=True)).to_contain_text("42")
        await ada.page.keyboard.press("Escape")

        await open_by_palette(ada.page, bad)
        await run_on_the_runner(ada.page)
        page = ada.page
        await expect(page.get_by_text("orders-of-today.txt is not in").first).to_be_visible(timeout=WAIT)
        await expect(page.get_by_text("FILE_NOT_FOUND").first).to_be_visible()
        await expect(page.get_by_role("heading", name="What next")).to_be_visible()
        # Retry by its key: a new execution, with a word on which one it repeats.
        failed = page.url
        await page.keyboard.press("r")
        await expect(page.get_by_text("Retry of")).to_be_visible(timeout=WAIT)
        assert page.url != failed
        # What is to be mended is one step away, already chosen.
        await page.get_by_role("link", name="open the node in the Studio").click(timeout=WAIT)
        await expect(page.get_by_label("Name of the node")).to_have_value("Read the orders", timeout=WAIT)
        assert ada.said == []


async def test_the_palette_takes_what_is_typed_while_something_else_has_the_focus(
    browser: Browser, hub: Integrator
) -> None:
    name = unique("Taken from behind")
    await hub.api.publish(name, SAYING)
    async with person(browser, hub.url, EMAIL, PASSWORD) as ada:
        page = ada.page
        below = page.get_by_role("main").get_by_role("link").first
        element = await below.element_handle(timeout=WAIT)
        await page.keyboard.press("ControlOrMeta+k")
        await expect(page.get_by_role("textbox", name="Find or do")).to_be_focused(timeout=WAIT)
        # As a dialog does that closes late: it gives the focus back to what had it before.
        await element.evaluate("element => element.focus()")
        await page.keyboard.type(name)
        await expect(page.get_by_role("textbox", name="Find or do")).to_have_value(name)
        await element.evaluate("element => element.focus()")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1, name=name)).to_be_visible(timeout=WAIT)
        assert ada.said == []


async def open_by_palette(page: Page, name: str) -> None:
    """By keys alone, faster than the palette is drawn and the Hub answers: Ctrl+K, the name, Enter."""
    await page.keyboard.press("ControlOrMeta+k")
    await page.keyboard.type(name)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1, name=name)).to_be_visible(timeout=WAIT)


async def run_on_the_runner(page: Page) -> None:
    """By the button and its dialog, on the runner that is connected."""
    await page.get_by_role("button", name="Run", exact=True).click()
    await page.get_by_role("textbox", name="Where").or_(page.get_by_role("combobox", name="Where")).click()
    await page.get_by_role("option", name=", now").first.click()
    await page.get_by_role("button", name="Run version").click()
    await page.wait_for_url("**/executions/*", timeout=WAIT)


async def test_every_page_is_sound_at_a_desk_and_on_a_phone(browser: Browser, hub: Integrator) -> None:
    workflow = await hub.api.publish(unique("Sound"), SAYING)
    broken = await hub.api.publish(unique("Unsound"), FAILING)
    ids = {"workflow": workflow, "runner": hub.runner_id}
    for name, subject in (("completed", workflow), ("failed", broken)):
        execution = await hub.start(subject)
        ids[name] = execution["id"]
        await hub.api.ended(execution["id"])
    ids |= await automated(hub, workflow)
    paths = [path.format_map(ids) for path in PAGES]
    async with AsyncExitStack() as windows:
        people = [
            await windows.enter_async_context(person(browser, hub.url, EMAIL, PASSWORD, reduced_motion="reduce"))
            for _ in range(WINDOWS)
        ]
        shares = (look_through(ada, paths[number::WINDOWS]) for number, ada in enumerate(people))
        found = [*all_of(*await asyncio.gather(*shares)), *all_of(*(ada.said for ada in people))]
    assert found == []


async def look_through(ada: Person, paths: list[str]) -> list[Any]:
    """What is wrong with these pages, each in both sizes; themes take turns, so that both are seen in both sizes."""
    found: list[Any] = []
    for number, path in enumerate(paths):
        themes: tuple[Theme, Theme] = ("light", "dark") if number % 2 else ("dark", "light")
        await ada.page.set_viewport_size(VIEW)
        await ada.page.goto(ada.url + path)
        await ada.page.locator("main").first.wait_for()
        for size, theme in zip((VIEW, PHONE), themes, strict=True):
            await ada.page.set_viewport_size(size)
            await ada.page.emulate_media(color_scheme=theme)
            await expect(ada.page.get_by_label("Loading")).to_have_count(0, timeout=WAIT)
            wide = await ada.page.evaluate("document.documentElement.scrollWidth")
            problems = [*await ada.problems(), *([f"{wide} px wide"] if wide > size["width"] else [])]
            found += [(path, size["width"], theme, problem) for problem in problems]
        await ada.page.keyboard.press("Tab")
        focus = await ada.page.evaluate(FOCUS)
        found += [(path, "the focus is not to be seen", focus)] if focus else []
    return found


async def automated(hub: Integrator, workflow_id: str) -> dict[str, str]:
    """Ids of what works by itself: a calendar, a schedule on it, a webhook, a queue with an item."""
    days = {"name": unique("Holidays"), "kind": "blocked", "entries": [{"type": "easter", "offsetDays": -2}]}
    calendar: str = (await hub.api.call("POST", "/calendars", days))["calendar"]["id"]
    queue: str = (await hub.api.call("POST", "/queues", {"name": unique("Invoices")}))["queue"]["id"]
    invoice = {"reference": "INV-2026-0815", "payload": {"file": "inbox/0815.pdf", "amount": 12.5}}
    item: str = (await hub.api.call("POST", f"/queues/{queue}/items", invoice))["item"]["id"]
    ids = {"calendar": calendar, "queue": queue, "item": item}
    schedule = {"cron": "30 2 * * *", "timezone": "Europe/Berlin", "calendars": [calendar]}
    for kind, more in (("schedule", schedule), ("webhook", {"auth": {"type": "github"}})):
        body = {"kind": kind, "workflowId": workflow_id, "name": unique("Sound"), **more}
        ids[kind] = (await hub.api.call("POST", "/triggers", body))["trigger"]["id"]
    return ids


async def test_the_first_page_is_light(browser: Browser, hub: Integrator) -> None:
    async with person(browser, hub.url, EMAIL, PASSWORD) as ada:
        fresh = await ada.page.context.new_page()
        asked: set[str] = set()
        fresh.on("request", lambda request: asked.add(request.url))
        await fresh.goto(f"{ada.url}/")
        await expect(fresh.get_by_text("Live now")).to_be_visible(timeout=WAIT)
        await expect(fresh.get_by_role("status").get_by_text("Live")).to_be_visible(timeout=WAIT)
        # What the palette finds is not asked for before somebody opens it.
        assert not any("/api/workflows?" in url for url in asked)
    files = [url.rpartition("/assets/")[2] for url in asked if "/assets/" in url]
    sizes = {name: await asyncio.to_thread(weigh, ui.DIST / "assets" / name) for name in files}
    assert sum(sizes.values()) <= FIRST_LOAD_BYTES, sorted(sizes.items(), key=lambda one: -one[1])


def weigh(path: Path) -> int:
    """Bytes as they travel, gzipped; fonts are compressed by themselves. Nothing for what is no file of the build."""
    if not path.is_file():
        return 0
    content = path.read_bytes()
    return len(content) if path.suffix == ".woff2" else len(gzip.compress(content, 9))


async def test_a_restart_of_the_gateway_passes_without_a_reload(browser: Browser, hub: Integrator) -> None:
    name = unique("While you were away")
    workflow = await hub.api.publish(name, SAYING)
    async with person(browser, hub.url, EMAIL, PASSWORD) as ada:
        page = ada.page
        await page.goto(f"{ada.url}/workflows/{workflow}")
        await expect(page.get_by_text("It has not run yet")).to_be_visible(timeout=WAIT)
        await expect(page.get_by_role("status").get_by_text("Live")).to_be_visible(timeout=WAIT)
        await page.evaluate("window.stayed = true")
        os.kill(hub.under_test.pid("gateway"), signal.SIGKILL)
        await expect(page.get_by_text("Reconnecting")).to_be_visible(timeout=WAIT)
        await hub.under_test.living("gateway")
        created = await hub.api.patient("POST", "/executions", {"workflowId": workflow})
        await expect(page.get_by_role("status").get_by_text("Live")).to_be_visible(timeout=2 * WAIT)
        row = page.get_by_role("link", name=created["execution"]["id"][-8:])
        await expect(row).to_be_visible(timeout=WAIT)
        assert await page.evaluate("window.stayed")


async def test_keys_alone_lead_through_the_lists(browser: Browser, hub: Integrator) -> None:
    workflow = await hub.api.publish(unique("By keys"), SAYING)
    for _ in range(2):
        await hub.api.ended((await hub.start(workflow))["id"])
    async with person(browser, hub.url, EMAIL, PASSWORD) as ada:
        page = ada.page
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog").get_by_text("Find or do anything")).to_be_visible(timeout=WAIT)
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await page.keyboard.press("g")
        await page.keyboard.press("e")
        await page.wait_for_url("**/executions", timeout=WAIT)
        await expect(page.get_by_role("table", name="Executions")).to_be_visible(timeout=WAIT)
        await page.keyboard.press("f")
        await page.keyboard.type("By keys")
        await page.wait_for_url("**q=By+keys*", timeout=WAIT)
        await page.keyboard.press("Escape")
        await page.keyboard.press("j")
        await page.keyboard.press("j")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/executions/0*", timeout=WAIT)
        await page.go_back()
        await page.wait_for_url("**q=By+keys*", timeout=WAIT)
        assert ada.said == []


async def test_an_operator_is_not_offered_what_is_not_theirs(browser: Browser, hub: Integrator) -> None:
    email, password = f"{unique('op').replace(' ', '-').lower()}@example.com", "nothing but watching"
    await hub.api.call("POST", "/users", {"email": email, "role": "OPERATOR", "password": password})
    workflow = await hub.api.publish(unique("Not mine"), SAYING)
    async with person(browser, hub.url, email, password) as operator:
        page = operator.page
        await page.goto(f"{operator.url}/workflows/{workflow}")
        await expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible(timeout=WAIT)
        for name in ("Users", "Audit"):
            await expect(page.get_by_role("link", name=name, exact=True)).to_have_count(0)
        await page.goto(f"{operator.url}/audit")
        await expect(page.get_by_role("alert").first).to_contain_text("permission", timeout=WAIT)
        await page.goto(f"{operator.url}/settings")
        await expect(page.get_by_text("New schedules in", exact=True)).to_be_visible(timeout=WAIT)
        await expect(page.get_by_role("button", name="Change", exact=True)).to_have_count(0)
