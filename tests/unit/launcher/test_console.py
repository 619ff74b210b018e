"""What a person and a collector see."""

import json
from typing import Literal

from services.launcher.console import Console


def shown(form: Literal["console", "json"], lines: list[str]) -> list[str]:
    written: list[str] = []
    console = Console(form, written.append, settled=True)
    for line in lines:
        console.line_of("gateway", line)
    return written


def test_a_person_sees_warnings_and_errors_alone() -> None:
    lines = [
        json.dumps({"level": "info", "event": "ready"}),
        json.dumps({"level": "error", "event": "lost the database", "tries": 3}),
        "2026-11-23 LOG:  checkpoint complete",
        "2026-11-23 FATAL:  the disk is full",
        "{torn",
    ]
    assert shown("console", lines) == [
        "          gateway error: lost the database tries=3",
        "          gateway: 2026-11-23 FATAL:  the disk is full",
    ]


def test_a_person_is_not_bothered_with_a_start() -> None:
    written: list[str] = []
    Console("console", written.append).line_of("registry", json.dumps({"level": "warning", "event": "waits"}))
    assert written == []


def test_an_exception_is_shown_by_its_words_and_a_repeated_line_once() -> None:
    frames = [{"exc_type": "DomainError", "exc_value": "no such runner", "frames": [{"locals": {}}]}]
    line = json.dumps({"level": "error", "event": "call failed", "exception": frames, "request": "x" * 1000})
    (shown_once,) = shown("console", [line, line])
    assert "exception=DomainError: no such runner" in shown_once
    assert len(shown_once) < 400


def test_a_collector_sees_every_line_as_json() -> None:
    structured = json.dumps({"level": "info", "event": "ready", "service": "gateway"})
    first, second = shown("json", [structured, "plain"])
    assert first == structured
    assert json.loads(second) | {"timestamp": ""} == {
        "service": "gateway",
        "level": "info",
        "event": "plain",
        "timestamp": "",
    }
