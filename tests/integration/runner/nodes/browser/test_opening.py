"""Opening and closing, and what is kept when a node fails. Each test has a browser of its own."""

import json
import zipfile
from io import BytesIO
from pathlib import Path

import psutil
import pytest

from runner.engine.masking import MASK, Masker
from runner.nodes.browser import program, session
from runner.nodes.browser.failures import mask_archive
from tests.eventually import eventually
from tests.integration.runner.nodes.browser.desk import open_desk

SECRET = "Correct-Horse-7"
LOGIN = """<form onsubmit="event.preventDefault(); document.title = document.getElementById('user').value">
<label>User <input id="user"></label><label>Password <input id="password" type="password"></label>
<button>Sign in</button></form>"""


def below() -> set[psutil.Process]:
    """What runs below this process, the driver and Chromium among it."""
    return set(psutil.Process().children(recursive=True))


def gone(processes: set[psutil.Process]) -> bool:
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)


def is_main(process: psutil.Process, folder: Path) -> bool:
    """Whether it is the browser, not one of its helpers, that writes into this folder."""
    command = " ".join(process.cmdline())
    return f"--user-data-dir={folder}" in command and "--type=" not in command


def left(folder: Path) -> list[Path]:
    return list(folder.iterdir())


OPTIONS = {"width": 640, "height": 480, "locale": "de-CH", "dialogs": "accept", "keepOnFailure": "screenshot"}


async def test_a_browser_opens_as_it_is_told_and_closing_leaves_nothing(tmp_path: Path):
    before = below()
    async with open_desk(tmp_path, **OPTIONS) as desk:
        started = below() - before
        assert started
        await desk.show("<button onclick=\"window.sure = confirm('Really?')\">Delete</button>")
        assert await desk.script("return [innerWidth, innerHeight, navigator.language]") == [640, 480, "de-CH"]
        await desk.run("click", selector="text=Delete")
        assert await desk.script("return window.sure") is True
        failure = await desk.fail("click", selector="text=None", waitSeconds=0.1)
        assert ("screenshot" in failure.details, "trace" in failure.details) == (True, False)
        assert await desk.run("close") == {"closed": True}
        assert await desk.run("close") == {"closed": False}
        assert (await desk.fail("click", selector="css=p")).code == "BROWSER_NOT_OPEN"
        assert left(tmp_path) == []
    await eventually(lambda: gone(started), 60)


async def test_opening_again_begins_clean_and_a_page_that_fails_keeps_its_evidence(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        first = left(tmp_path)
        failure = await desk.fail("open", url="http://127.0.0.1:9/")
        assert (failure.code, failure.retryable) == ("PAGE_UNREACHABLE", True)
        assert {"screenshot", "trace"} <= failure.details.keys(), desk.place.lines
        assert ("info", "The browser that was open is closed; a clean one takes its place.") in desk.place.lines
        assert first != left(tmp_path)
        await desk.show("<p>Hello</p>")
        assert (await desk.run("extractText", selector="css=p"))["text"] == "Hello"


async def test_a_failure_keeps_a_picture_and_a_trace_without_the_credential(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        desk.place.masker = Masker([SECRET])
        await desk.show(LOGIN)
        await desk.run("fill", selector="id=user", value=SECRET)
        await desk.run("fill", selector="id=password", value=SECRET)
        await desk.run("click", selector="text=Sign in")
        assert await desk.session.page.title() == SECRET, "the page did get it"
        failure = await desk.fail("click", selector="text=Next", waitSeconds=0.1)
        assert failure.details["screenshot"]["mediaType"] == "image/png"
        assert failure.details["trace"]["name"] == "n1-trace.zip"
        assert set(desk.place.attached) == {"n1-failure.png", "n1-trace.zip"}
        with zipfile.ZipFile(BytesIO(desk.place.attached["n1-trace.zip"])) as trace:
            texts = {name: trace.read(name).decode() for name in trace.namelist()}
        assert not [name for name, text in texts.items() if SECRET in text]
        steps = [json.loads(line) for line in texts["trace.trace"].splitlines()]
        filled = [step["params"]["value"] for step in steps if step.get("method") == "fill"]
        assert filled == [MASK, MASK], "what was done is still to be read"
        assert any(step["type"] == "frame-snapshot" for step in steps)
        # Where it stood in plain letters the picture is covered.
        covered = desk.place.attached["n1-failure.png"]
        desk.session.secret_fields.clear()
        assert (await desk.run("screenshot"))["size"] != len(covered)


async def test_a_browser_that_was_killed_is_a_failure_and_closes_all_the_same(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        await desk.show("<button>Go</button>")
        main = next(process for process in below() if is_main(process, tmp_path))
        main.kill()
        failure = await desk.fail("click", selector="text=Go", waitSeconds=20)
        assert failure.code == "BROWSER_CLOSED"
        assert any("No screenshot" in line for _, line in desk.place.lines)
    assert left(tmp_path) == []


async def test_a_long_trace_begins_anew_and_frees_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(session, "KEPT_STEPS", 5)
    async with open_desk(tmp_path) as desk:
        await desk.show(LOGIN)
        for value in range(9):
            await desk.run("fill", selector="id=user", value=value)
        await desk.fail("click", selector="text=Next", waitSeconds=0.1)
        with zipfile.ZipFile(BytesIO(desk.place.attached["n1-trace.zip"])) as trace:
            steps = [json.loads(line) for line in trace.read("trace.trace").decode().splitlines()]
        filled = [step["params"]["value"] for step in steps if step.get("method") == "fill"]
        assert filled
        assert filled[-1] == "8"
        assert len(filled) <= 5
        # The browser writes behind: only the trace that has begun since is there in the end.
        traces = desk.session.folder / session.TRACES
        await eventually(lambda: len({path.stem for path in traces.glob("*.trace")}) == 1)


async def test_a_secret_too_short_to_be_masked_ends_the_trace(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        desk.place.masker = Masker(["17"])
        await desk.show(LOGIN)
        await desk.run("fill", selector="id=user", secret="17")
        failure = await desk.fail("click", selector="text=Next", waitSeconds=0.1)
        assert ("screenshot" in failure.details, "trace" in failure.details) == (True, False)


async def test_what_is_missing_comes_with_the_command_that_installs_it(place, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv(program.SETTING, raising=False)
    failure = await place.fail("browser.open")
    assert failure.code == "BROWSER_MISSING"
    assert "install chromium" in failure.message
    monkeypatch.setenv(program.SETTING, "/no/such/program")
    assert "/no/such/program" in (await place.fail("browser.open")).message


async def test_a_program_that_is_no_browser_does_not_start(place, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(program.SETTING, "/bin/true")
    failure = await place.fail("browser.open")
    assert (failure.code, failure.retryable) == ("BROWSER_NOT_STARTED", True)
    assert failure.message == "/bin/true did not start: it ended at once."
    assert left(place.workdir) == []


def test_an_archive_loses_its_secrets_and_what_is_neither_text_nor_picture(tmp_path: Path):
    path = tmp_path / "trace.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("trace.trace", f'{{"value": "{SECRET}"}}')
        archive.writestr("resources/a.png", b"\x89PNG\xff")
        archive.writestr("resources/b.dat", b"\xff\xfe" + SECRET.encode("utf-16-le"))
    mask_archive(path, Masker([SECRET]).text)
    with zipfile.ZipFile(path) as archive:
        assert sorted(archive.namelist()) == ["resources/a.png", "trace.trace"]
        assert archive.read("trace.trace").decode() == f'{{"value": "{MASK}"}}'
