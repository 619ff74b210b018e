"""`exekra-runner record` as a person calls it."""

import asyncio
import json
import os
import signal
import sys
from contextlib import suppress

import psutil
import pytest
from typer.testing import CliRunner

from runner.__main__ import app
from runner.nodes.browser import program
from runner.nodes.registry import declarations
from runner.recorder.command import RecordingError, checked_url, save
from runner.recorder.workflow import Recorded, workflow_of
from runner.workflow.validation import validate_document
from tests.eventually import eventually
from tests.integration.runner.recorder.office import office

needs_browser = pytest.mark.skipif(bool(program.missing()) and not os.environ.get("CI"), reason=str(program.missing()))


def refusal(*arguments: str) -> str:
    """What it says when it refuses, with all blanks as one."""
    result = CliRunner().invoke(app, ["record", *arguments])
    assert result.exit_code == 4
    return " ".join(result.output.split())


def test_an_address_is_completed_or_refused_with_what_to_write():
    assert checked_url("example.com/a") == "https://example.com/a"
    assert checked_url("http://127.0.0.1:8080") == "http://127.0.0.1:8080"
    for wrong in ("", "https://", "ftp://example.com", "javascript://alert(1)"):
        assert "write for instance https://example.com" in refusal(wrong)
    assert "user and password" in refusal("https://ada:secret@example.com")


def test_a_file_that_could_not_be_written_is_refused_before_anything_is_recorded(tmp_path):
    there = tmp_path / "there.json"
    there.write_text("kept")
    assert "exists already" in refusal("example.com", "--output", str(there))
    assert "is no folder" in refusal("example.com", "--output", str(tmp_path / "none" / "x.json"))
    assert there.read_text() == "kept"


def test_without_a_browser_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(program, "find_program", lambda: None)
    monkeypatch.setattr(program, "missing", lambda: "There is no Chromium; run: sudo apt-get install chromium")
    said = refusal("example.com", "--output", str(tmp_path / "x.json"))
    assert said == "There is no Chromium; run: sudo apt-get install chromium."


def test_a_workflow_is_written_with_what_is_left_to_do(tmp_path):
    told: list[str] = []
    save(workflow_of("https://a.example", [], missed=1), tmp_path / "x.json", told.append)
    assert told == [
        f"Recorded 1 step into {tmp_path}/x.json.",
        "- 1 of the things done could not be recorded; look through the steps.",
        f"Bring it into the Hub: exekra workflow import {tmp_path}/x.json",
    ]
    _, problems = validate_document(json.loads((tmp_path / "x.json").read_text()), declarations())
    assert not problems


def test_a_recording_that_cannot_be_written_is_shown_and_not_lost(tmp_path):
    told: list[str] = []
    with pytest.raises(RecordingError, match="stands above"):
        save(Recorded({"schemaVersion": 1, "nodes": [], "edges": []}, ()), tmp_path / "gone" / "x.json", told.append)
    assert json.loads(told[0])["schemaVersion"] == 1


@needs_browser
async def test_an_interrupt_ends_the_recording_and_keeps_it(tmp_path):
    target = tmp_path / "recorded.json"
    async with office() as pages:
        command = [sys.executable, "-m", "runner", "record", pages.url, "--headless", "--output", str(target)]
        environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
        with (tmp_path / "said").open("w") as said:
            process = await asyncio.create_subprocess_exec(*command, stdout=said, env=environment)
            try:
                await eventually(lambda: "Recording." in (tmp_path / "said").read_text(), seconds=60)
                children = psutil.Process(process.pid).children(recursive=True)
                process.send_signal(signal.SIGINT)
                async with asyncio.timeout(60):
                    await process.wait()
            finally:
                with suppress(ProcessLookupError):
                    process.kill()
    assert process.returncode == 0
    assert [node["type"] for node in json.loads(target.read_text())["nodes"]] == [
        "control.start", "browser.open", "browser.close",
    ]  # fmt: skip
    assert "exekra workflow import" in (tmp_path / "said").read_text()
    await eventually(lambda: not any(child.is_running() for child in children), seconds=60)
    assert not [*tmp_path.glob("exekra-record-*")]
