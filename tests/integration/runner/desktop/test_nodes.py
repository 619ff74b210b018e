"""Single nodes before a real screen: what they refuse, and what they do in corners."""

import asyncio
from io import BytesIO

import psutil
import pytest
from PIL import Image
from pydantic import ValidationError
from Xlib import X

from runner.desktop.matching import Template
from runner.desktop.seat import Seat, current_use
from runner.nodes.base import NodeFailure
from runner.nodes.registry import node_types
from tests.eventually import eventually
from tests.integration.runner.desktop.conftest import FORM, PATIENCE, Workplace, press, python_with_tk, required
from tests.integration.runner.desktop.pictures import as_address, tick

ORDER = {"title": "Order 17"}
TICK = {"source": as_address(tick())}

# The window manager makes no difference to these.
pytestmark = pytest.mark.parametrize("screen", ["bare"], indirect=True)


async def test_the_windows_of_a_terminal_take_text_of_any_script_too(screen, place):
    file = place.workdir / "said.txt"
    shell = f'echo $$ > ready; read line; printf %s "$line" > {file.name}; sleep 60'
    app = await place.run(
        "desktop.startApp",
        program=required("xterm"),
        arguments=["-u8", "-T", "Till", "-e", "sh", "-c", shell],
        timeoutSeconds=PATIENCE,
    )
    assert (app["window"]["title"], app["window"]["className"]) == ("Till", "XTerm")
    await eventually((place.workdir / "ready").exists, PATIENCE)
    window = {"className": "xterm"}
    await place.run("desktop.type", window=window, text="Grüße für 5 € an Żaneta", enter=True, timeoutSeconds=PATIENCE)
    assert await eventually(lambda: file.exists() and file.read_text("utf-8"), PATIENCE) == "Grüße für 5 € an Żaneta"


async def test_a_picture_in_another_size_is_found_when_that_is_allowed(form, place):
    smaller = {"source": as_address(tick(34))}
    exact = await place.run("desktop.imageMatch", image=smaller)
    assert (exact["count"], exact["matches"]) == (0, [])
    assert 0 < exact["best"]["confidence"] < 0.9
    found = await place.run("desktop.imageMatch", window=ORDER, image={**smaller, "scaleTolerance": 0.2})
    assert found["count"] == 1
    assert found["matches"][0]["scale"] > 1


async def test_a_picture_that_is_not_there_is_told_with_the_nearest_place(form, place):
    other = {"source": as_address(_upside_down())}
    failure = await place.fail("desktop.click", window=ORDER, image=other, timeoutSeconds=0.2)
    assert (failure.code, failure.retryable) == ("IMAGE_NOT_FOUND", True)
    assert failure.details["best"]["confidence"] < 0.9
    assert form.booked == []
    assert "n1-failed.png" in place.attached


async def test_a_node_whose_own_time_is_over_keeps_the_screen_as_it_was(form, place):
    node = node_types()["desktop.click"]
    late = NodeFailure("TIMEOUT", "The node did not end within 5 seconds.", retryable=True)
    await node.keep_evidence(late, place)
    assert (late.details, place.attached) == ({}, {}), "it had not come to the screen yet"
    await place.run("desktop.screenshot", window=ORDER, timeoutSeconds=PATIENCE)
    await node.keep_evidence(late, place)
    assert late.details["screenshot"]["name"] == "n1-failed.png"
    assert place.attached["n1-failed.png"].startswith(b"\x89PNG")


async def test_a_picture_that_is_there_twice_is_clicked_only_when_it_is_said_which(form, place, driver):
    second = form.path.with_name("second.txt")
    await place.run(
        "desktop.startApp",
        program=python_with_tk(),
        arguments=[str(FORM), str(second), "Order 18"],
        timeoutSeconds=PATIENCE,
    )
    # The same place on the screen: it is moved aside.
    await place.run("desktop.findWindow", window={"title": "Order 18"})
    await eventually(second.exists, PATIENCE)
    window = next(each for each in driver.windows() if each.title == "Order 18")
    driver._display.create_resource_object("window", int(window.id, 16)).configure(x=500, y=400)
    driver._display.sync()
    await eventually(lambda: len(ticks(driver)) == 2, PATIENCE)
    failure = await place.fail("desktop.click", image=TICK, timeoutSeconds=0)
    assert failure.code == "IMAGE_AMBIGUOUS"
    assert len(failure.details["places"]) == 2
    failure = await place.fail("desktop.findWindow", window={"title": "Order"}, timeoutSeconds=5)
    assert failure.code == "WINDOW_AMBIGUOUS"
    assert sorted(failure.details["windows"]) == ["Order 17", "Order 18"]
    await place.run("desktop.findWindow", window={"title": "Order", "which": "front"})
    await place.run("desktop.click", image=TICK, which="first")
    assert await eventually(lambda: form.booked, PATIENCE) == ["Booked: "]
    assert second.read_text() == ""


def ticks(driver):
    """Where the button's picture is seen."""
    return Template.read(tick(), "tick").find(driver.capture(driver.screen()), 0.95).matches


async def test_keys_go_to_nobody_else_when_another_window_comes_to_the_front(form, place, driver):
    typing = asyncio.create_task(place.fail("desktop.type", window=ORDER, text="secret " * 200, intervalMs=10))
    await eventually(lambda: any(each.title == "Order 17 *" for each in driver.windows()), PATIENCE)
    driver._display.screen().root.set_input_focus(X.RevertToNone, X.CurrentTime)
    driver._display.sync()
    failure = await typing
    assert (failure.code, failure.retryable) == ("FOCUS_LOST", False)


async def test_reading_a_field_leaves_the_clipboard_as_it_was(form, place, driver):
    await place.run("desktop.clipboard", action="write", text="kept")
    await place.run("desktop.type", window=ORDER, text="1.234,50")
    assert await place.run("desktop.read", window=ORDER) == {"text": "1.234,50"}
    assert await place.run("desktop.read", window=ORDER, source="marked") == {"text": "1.234,50"}
    assert await place.run("desktop.clipboard") == {"text": "kept"}


async def test_an_empty_field_copies_nothing_and_says_so(form, place, driver):
    press(driver, "escape")
    failure = await place.fail("desktop.read", window=ORDER, timeoutSeconds=0.3)
    assert failure.code == "NOTHING_COPIED"


async def test_a_second_execution_waits_until_the_first_one_leaves_the_screen(form, place, tmp_path):
    await place.run("desktop.screenshot")
    assert current_use().execution_id == place.execution_id
    other = Workplace(tmp_path, execution_id="0198a8f0-0000-7000-8000-000000000002")
    waiting = asyncio.create_task(other.run("desktop.screenshot"))
    await eventually(lambda: other.lines, PATIENCE)
    assert other.lines == [("info", "Another execution uses the screen; waiting for its end.")]
    assert not waiting.done()
    await place.resources.close()
    assert (await asyncio.wait_for(waiting, PATIENCE))["width"] == 1024
    await other.resources.close()


async def test_an_execution_that_waits_for_the_screen_can_be_stopped(screen, place):
    seat = Seat("0198a8f0-0000-7000-8000-000000000009")
    assert seat.take()
    waiting = asyncio.create_task(place.run("desktop.screenshot"))
    await eventually(lambda: place.lines, PATIENCE)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    seat.leave()
    assert (await place.run("desktop.screenshot"))["height"] == 768


async def test_text_on_the_screen_is_read_and_clicked(form, place):
    required("tesseract")
    await place.run("desktop.type", window=ORDER, text="Total 4711")
    area = {"x": 0, "y": 0, "width": 480, "height": 70}
    read = await place.run("desktop.ocr", window=ORDER, area=area, contains="total 4711", timeoutSeconds=PATIENCE)
    # The cursor at its end may be read as a bracket.
    assert [word["text"][:5] for word in read["words"]] in (["Total", "4711"], ["Total", "4711]"], ["Total", "4711|"])
    click = await place.run("desktop.click", window=ORDER, text="total", area=area, count=2)
    assert 0 < click["place"]["width"] < 100
    assert await place.run("desktop.read", source="marked") == {"text": "Total"}
    failure = await place.fail("desktop.click", window=ORDER, text="Nowhere", timeoutSeconds=0)
    assert failure.code == "TEXT_NOT_FOUND"
    assert "4711" in failure.message
    failure = await place.fail("desktop.ocr", languages="xyz")
    assert failure.code == "OCR_LANGUAGE_MISSING"


async def test_waiting_for_a_window_to_vanish(form, place):
    failure = await place.fail("desktop.wait", until="windowVanishes", window=ORDER, timeoutSeconds=0.2)
    assert failure.code == "STILL_THERE"
    gone = await place.run("desktop.wait", until="windowVanishes", window={"title": "Please wait"}, timeoutSeconds=1)
    assert gone["seconds"] < PATIENCE
    await place.run("desktop.wait", until="imageAppears", image=TICK)


async def test_programs_that_cannot_start_or_end_at_once_say_why(screen, place):
    failure = await place.fail("desktop.startApp", program="no-such-program")
    assert failure.code == "APP_NOT_FOUND"
    failure = await place.fail("desktop.startApp", program="sh", arguments=["-c", "echo no licence >&2; exit 3"])
    assert (failure.code, failure.details["exitCode"]) == ("APP_FAILED", 3)
    assert "no licence" in failure.message
    failure = await place.fail("desktop.startApp", program="sleep", arguments=["60"], timeoutSeconds=0.2)
    assert failure.code == "WINDOW_NOT_FOUND"


async def test_programs_see_neither_the_runners_settings_nor_outlive_the_execution(screen, place, monkeypatch):
    monkeypatch.setenv("EXEKRA_RUNNER_MACHINE_SECRET", "top-secret")
    script = "env > seen.txt; trap '' TERM; sleep 100 & echo $! > pid.txt; wait"
    started = await place.run("desktop.startApp", program="sh", arguments=["-c", script], waitForWindow=False)
    numbers = place.workdir / "pid.txt"
    await eventually(lambda: numbers.exists() and numbers.read_text().strip(), PATIENCE)
    assert "top-secret" not in (place.workdir / "seen.txt").read_text()
    await place.resources.close()
    for pid in (started["pid"], int(numbers.read_text())):
        await eventually(lambda pid=pid: _is_gone(pid), PATIENCE)


async def test_without_a_screen_the_failure_says_what_to_do(screen, place, monkeypatch):
    monkeypatch.delenv("DISPLAY")
    failure = await place.fail("desktop.screenshot")
    assert failure.code == "DESKTOP_UNAVAILABLE"
    assert "DISPLAY" in failure.message
    assert "signed in" in failure.message


@pytest.mark.parametrize(
    ("image", "code"),
    [
        ({"source": "data:image/png;base64,!!!"}, "IMAGE_UNREADABLE"),
        ({"source": "data:image/png;base64,QUJD"}, "IMAGE_UNREADABLE"),
        ({"source": "missing.png"}, "FILE_NOT_FOUND"),
    ],
)
async def test_pictures_that_cannot_be_used_are_refused_at_once(screen, place, image, code):
    assert (await place.fail("desktop.click", image=image)).code == code


@pytest.mark.parametrize(
    ("node", "config"),
    [
        ("desktop.click", {}),
        ("desktop.click", {"x": 1}),
        ("desktop.click", {"text": "a", "image": TICK}),
        ("desktop.click", {"element": {"name": "OK"}}),
        ("desktop.findWindow", {"window": {}}),
        ("desktop.hotkey", {"keys": "ctrl+nothing"}),
        ("desktop.hotkey", {"keys": " "}),
        ("desktop.wait", {"until": "imageAppears"}),
        ("desktop.wait", {}),
        ("desktop.clipboard", {"action": "write"}),
        ("desktop.read", {"source": "element", "window": ORDER}),
        ("desktop.ocr", {"languages": "eng; rm -rf"}),
    ],
)
async def test_configs_without_an_object_are_refused_before_the_screen_is_touched(screen, place, node, config):
    with pytest.raises(ValidationError):
        await place.run(node, **config)
    assert current_use() is None


def _is_gone(pid):
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def _upside_down():
    file = BytesIO()
    with Image.open(BytesIO(tick())) as image:
        image.transpose(Image.Transpose.FLIP_TOP_BOTTOM).save(file, "PNG")
    return file.getvalue()
