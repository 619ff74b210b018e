"""A workflow before a real screen, through the engine: as an office would have it."""

import asyncio
from io import BytesIO
from itertools import pairwise

from PIL import Image

from runner.desktop.seat import current_use
from runner.engine.executor import Controls, execute
from runner.engine.plan import compile_plan
from runner.engine.request import RunRequest
from runner.nodes.registry import declarations, node_types
from runner.workflow.graph_reader import graph_from
from runner.workflow.validation import validate_document
from tests.contract.graphs.world import Witness
from tests.eventually import eventually
from tests.integration.runner.desktop.conftest import FORM, PATIENCE, python_with_tk, window_of
from tests.integration.runner.desktop.pictures import as_address, tick

EXECUTION = "0198a8f0-0000-7000-8000-000000000001"
ORDER = {"title": "Order 17"}
TEXT = "Müller & Söhne, 3 Stück à 12,50 €"


def chain(*steps):
    """Nodes one after the other."""
    nodes = [("start", "control.start", {}), *steps]
    return {
        "schemaVersion": 1,
        "nodes": [{"id": name, "type": kind, "config": config} for name, kind, config in nodes],
        "edges": [{"from": a, "to": b} for (a, *_), (b, *_) in pairwise(nodes)],
    }


def started(tmp_path, **config):
    """The step that starts the form."""
    arguments = [str(FORM), str(tmp_path / "booked.txt")]
    return ("app", "desktop.startApp", {"program": python_with_tk(), "arguments": arguments, **config})


async def run(document, tmp_path, controls=None):
    """The outcome, and everything that was told."""
    _, problems = validate_document(document, declarations())
    assert not [problem for problem in problems if problem.severity == "error"]
    witness = Witness()
    (tmp_path / "execution").mkdir()
    request = RunRequest(execution_id=EXECUTION, workdir=tmp_path / "execution")
    plan = compile_plan(graph_from(document), declarations())
    outcome = await execute(plan, request, witness, node_types(), controls=controls or Controls())
    return outcome, witness


async def test_an_order_is_typed_booked_and_read_back(screen, driver, tmp_path):
    (tmp_path / "tick.png").write_bytes(tick())
    outcome, told = await run(
        chain(
            started(tmp_path, timeoutSeconds=PATIENCE),
            ("find", "desktop.findWindow", {"window": ORDER, "timeoutSeconds": PATIENCE}),
            ("ready", "files.waitFor", {"folder": str(tmp_path), "pattern": "booked.txt", "stableSeconds": 0}),
            ("type", "desktop.type", {"window": ORDER, "text": TEXT, "clear": True}),
            ("look", "desktop.imageMatch", {"window": ORDER, "image": {"source": str(tmp_path / "tick.png")}}),
            (
                "click",
                "desktop.click",
                {"window": ORDER, "image": {"source": as_address(tick())}, "timeoutSeconds": PATIENCE},
            ),
            (
                "wait",
                "desktop.wait",
                {"window": {"title": "^Order 17 - booked$", "match": "regex"}, "timeoutSeconds": PATIENCE},
            ),
            ("copied", "desktop.clipboard", {"action": "read"}),
            ("read", "desktop.read", {"window": ORDER, "timeoutSeconds": PATIENCE}),
            ("title", "desktop.read", {"window": ORDER, "source": "title"}),
            ("again", "desktop.hotkey", {"window": ORDER, "keys": "ctrl+shift+b"}),
            ("picture", "desktop.screenshot", {"window": ORDER, "name": "order.png"}),
        ),
        tmp_path,
    )
    assert outcome.failure is None, outcome.failure
    assert told.output_of("app")["window"]["title"] == "Order 17"
    assert told.output_of("type") == {"characters": len(TEXT)}
    [place] = told.output_of("look")["matches"]
    assert place["confidence"] > 0.99
    assert (told.output_of("click")["x"], told.output_of("click")["y"]) == (place["x"] + 20, place["y"] + 20)
    assert told.output_of("copied") == {"text": f"Booked: {TEXT}"}
    assert told.output_of("read") == {"text": f"Booked: {TEXT}"}
    assert told.output_of("title") == {"text": "Order 17 - booked"}
    assert (told.output_of("picture")["width"], told.output_of("picture")["height"]) == (480, 220)
    with Image.open(BytesIO(told.artifacts["order.png"])) as picture:
        assert picture.size == (480, 220)
    assert (tmp_path / "booked.txt").read_text(encoding="utf-8").splitlines()[0] == f"Booked: {TEXT}"
    # The program ended with the execution, and the screen is free.
    assert await eventually(lambda: window_of(driver, "Order 17") is None, PATIENCE)
    assert current_use() is None


async def test_a_window_that_is_not_there_is_told_with_those_there_are_and_a_picture(form, tmp_path):
    outcome, told = await run(
        chain(("find", "desktop.findWindow", {"window": {"title": "Invoice"}, "timeoutSeconds": 0.2})), tmp_path
    )
    failure = outcome.failure
    assert (failure.code, failure.retryable) == ("WINDOW_NOT_FOUND", True)
    assert "'Invoice'" in failure.message
    assert "'Order 17'" in failure.message
    assert "Order 17" in failure.details["windows"]
    with Image.open(BytesIO(told.artifacts["find-failed.png"])) as picture:
        assert picture.size == (1024, 768)
    assert failure.details["screenshot"]["name"] == "find-failed.png"


async def test_a_stop_between_pressing_and_releasing_leaves_no_key_down_and_the_screen_free(form, driver, tmp_path):
    controls = Controls()
    steps = chain(("type", "desktop.hotkey", {"window": ORDER, "keys": "ctrl+shift+alt+x shift+x", "times": 1_000}))
    running = asyncio.create_task(run(steps, tmp_path, controls))
    await eventually(lambda: window_of(driver, "Order 17 *"), PATIENCE)
    assert current_use().execution_id == EXECUTION
    await eventually(lambda: held(driver), PATIENCE)
    controls.stop()
    outcome, _ = await running
    assert outcome.status == "stopped"
    assert not held(driver)
    assert current_use() is None


def held(driver):
    """Which modifiers and buttons are down."""
    return driver._display.screen().root.query_pointer().mask
