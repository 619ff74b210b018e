"""How fluid the Studio stays with 500 nodes: scripting and layout a frame while panning, from the browser's trace."""

import asyncio
import json
import statistics
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from playwright.async_api import Browser, Page, async_playwright, expect

from scripts import ui
from scripts.screenshots.pages import launch
from tests.e2e.studio import person
from tests.hub import EMAIL, PASSWORD, HubUnderTest

LOOPS, INSIDE = 20, 19
BESIDE = 500 - LOOPS * (INSIDE + 1) - 1
COLUMN = 40
PANS = 150
PAN_PIXELS = 24
PAUSE_MILLISECONDS = 16
CATEGORIES = ["devtools.timeline", "disabled-by-default-devtools.timeline", "toplevel"]
SCRIPTING = ("EventDispatch", "FunctionCall", "EvaluateScript", "FireAnimationFrame", "TimerFire", "RunMicrotasks")
WORK = frozenset((*SCRIPTING, "UpdateLayoutTree", "Layout", "HitTest", "ParseHTML", "MajorGC", "MinorGC"))
FRAME = "Commit"


async def measure_studio(hub: HubUnderTest) -> dict[str, dict[str, float]]:
    """Milliseconds of main-thread work a frame, with all nodes in view and with as many as can be read."""
    await asyncio.to_thread(ui.build)
    made = await hub.api.call("POST", "/workflows", {"name": "500 nodes", "graph": large_graph()})
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        async with person(browser, hub.running.url, EMAIL, PASSWORD) as somebody:
            await somebody.open(made["workflow"]["id"])
            readable = await _pan(browser, somebody.page)
            await somebody.page.get_by_role("button", name="Show everything").click()
            await expect(somebody.page.locator(".react-flow__node")).to_have_count(500, timeout=20_000)
            whole = await _pan(browser, somebody.page)
        await browser.close()
    return {"studio, readable": readable, "studio, all 500 in view": whole}


def large_graph() -> dict[str, Any]:
    """A start, columns of nodes, and loops full of nodes beside it: 500 in all."""
    nodes: list[dict[str, Any]] = [_node("start", "control.start", 0, 0)]
    nodes += [
        _node(f"n{index}", "log.message", -260 * (index // COLUMN), 90 * (index % COLUMN + 1))
        for index in range(BESIDE)
    ]
    edges = [_edge(left["id"], right["id"]) for left, right in pairwise(nodes)]
    for loop in range(LOOPS):
        inner = [_node(f"l{loop}n{index}", "log.message", 0, 84 * index) for index in range(INSIDE)]
        body = {"nodes": inner, "edges": [_edge(left["id"], right["id"]) for left, right in pairwise(inner)]}
        place = (400 + 320 * (loop % 10), 90 + 1_800 * (loop // 10))
        nodes.append({**_node(f"l{loop}", "control.forEach", *place), "config": {"items": [1]}, "body": body})
        edges.append(_edge("start", f"l{loop}"))
    return {"schemaVersion": 1, "nodes": nodes, "edges": edges}


def _node(node_id: str, node_type: str, x: int, y: int) -> dict[str, Any]:
    config = {"message": node_id} if node_type == "log.message" else {}
    return {"id": node_id, "type": node_type, "name": node_id, "config": config, "position": {"x": x, "y": y}}


def _edge(source: str, target: str) -> dict[str, Any]:
    return {"id": f"{source}-{target}", "from": source, "port": "out", "to": target}


async def _pan(browser: Browser, page: Page) -> dict[str, float]:
    canvas = await page.get_by_test_id("canvas").bounding_box()
    assert canvas is not None
    await page.mouse.move(canvas["x"] + canvas["width"] / 2, canvas["y"] + canvas["height"] / 2)
    await browser.start_tracing(page=page, categories=CATEGORIES)
    for step in range(PANS):
        back = -1 if step % 50 >= 25 else 1
        await page.mouse.wheel(back * PAN_PIXELS / 2, back * PAN_PIXELS)
        await page.wait_for_timeout(PAUSE_MILLISECONDS)
    trace = json.loads(await browser.stop_tracing())
    frames = frame_work(trace["traceEvents"])
    return {
        "frames": float(len(frames)),
        "work p50 ms": statistics.median(frames),
        "work p95 ms": statistics.quantiles(frames, n=20)[-1],
        "work max ms": max(frames),
    }


def frame_work(events: Iterable[dict[str, Any]]) -> list[float]:
    """Milliseconds of scripting and layout between one frame of the page's main thread and the next."""
    known = list(events)
    begins = sorted((event["ts"], event["pid"], event["tid"]) for event in known if event["name"] == FRAME)
    # The page's own thread is the one that draws: other renderers stand still meanwhile.
    threads = [(pid, tid) for _, pid, tid in begins]
    main = max(set(threads), key=threads.count)
    starts = [at for at, pid, tid in begins if (pid, tid) == main]
    spans = _outermost(
        event
        for event in known
        if event.get("ph") == "X" and event["name"] in WORK and (event["pid"], event["tid"]) == main
    )
    return [sum(cpu for at, cpu in spans if begin <= at < end) / 1_000 for begin, end in pairwise(starts)]


def _outermost(events: Iterable[dict[str, Any]]) -> list[tuple[float, float]]:
    """When each piece of work began and the processor time it took; what ran inside another piece counts with that.

    Processor time, not the clock's: what other processes of the machine take is not the page's doing.
    """
    found: list[tuple[float, float]] = []
    reached = 0.0
    for event in sorted(events, key=lambda event: (event["ts"], -event.get("dur", 0))):
        if event["ts"] >= reached:
            reached = event["ts"] + event.get("dur", 0)
            found.append((event["ts"], event.get("tdur", event.get("dur", 0))))
    return found
