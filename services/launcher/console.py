"""What the launcher shows: its own progress with elapsed times, and what the processes of the Hub have to say.

A process's whole log is in its file (`log_file`). A person at the console sees warnings and errors; a collector (JSON)
sees every line. It decides nothing.
"""

import json
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

LOUD_LEVELS: Final = frozenset({"warning", "error", "critical"})
LOUD_WORDS: Final = (" WARNING:", " ERROR:", " FATAL:", " PANIC:", "Traceback (most recent call last)")
FACT_CHARACTERS: Final = 200
# The same words again within this time are in the log file alone.
REPEAT_SECONDS: Final = 10.0
HIDDEN_KEYS: Final = frozenset({"level", "event", "timestamp", "service"})


def write_out(text: str) -> None:
    """Write a line to standard output at once. When nobody reads it any more it is lost; log files have it too."""
    with suppress(BrokenPipeError):
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


@dataclass
class Console:
    """`form` as EXEKRA_LOG_FORMAT says; `auto` is readable, because whoever starts a Hub by hand reads or pipes it.

    Until it is `settled` a person is not bothered with processes that wait for each other: a start that fails quotes
    the log.
    """

    form: Literal["auto", "json", "console"] = "auto"
    write: Callable[[str], None] = write_out
    settled: bool = False
    began: float = field(default_factory=time.monotonic)
    shown: dict[str, float] = field(default_factory=dict)
    """When a line of a process was last shown to the person."""

    def progress(self, text: str) -> None:
        """One step of start or stop, with the seconds since the launcher began."""
        if self.form == "json":
            self._as_json("launcher", "info", text)
        else:
            self.write(f"[{time.monotonic() - self.began:5.1f} s] {text}")

    def warn(self, text: str) -> None:
        """Something the person should know, though work goes on."""
        if self.form == "json":
            self._as_json("launcher", "warning", text)
        else:
            self.write(f"[{time.monotonic() - self.began:5.1f} s] warning: {text}")

    def line_of(self, process: str, line: str) -> None:
        """One line that a process wrote."""
        said = _parsed(line)
        if self.form == "json":
            if said is None:
                self._as_json(process, "error" if _is_loud(line) else "info", line)
            else:
                self.write(line)
        elif not self.settled:
            return
        elif said is None:
            if _is_loud(line):
                self._show(f"{process}: {line}")
        elif said.get("level") in LOUD_LEVELS:
            facts = " ".join(_fact(key, value) for key, value in said.items() if key not in HIDDEN_KEYS)
            self._show(f"{process} {said['level']}: {said.get('event')} {facts}".rstrip())

    def _show(self, text: str) -> None:
        now = time.monotonic()
        if now - self.shown.get(text, -REPEAT_SECONDS) >= REPEAT_SECONDS:
            self.shown[text] = now
            self.write(f"          {text}")

    def _as_json(self, service: str, level: str, event: str) -> None:
        at = datetime.now(UTC).isoformat()
        self.write(json.dumps({"service": service, "level": level, "event": event, "timestamp": at}))


def _parsed(line: str) -> dict[str, Any] | None:
    """The fields of a structured line; None for plain text."""
    if not line.startswith("{"):
        return None
    try:
        fields = json.loads(line)
    except ValueError:
        return None
    return fields if isinstance(fields, dict) else None


def _fact(key: str, value: Any) -> str:
    """One field in short; of an exception only what it says, its frames are in the log file."""
    if key == "exception" and isinstance(value, list) and value and isinstance(value[-1], dict):
        value = f"{value[-1].get('exc_type')}: {value[-1].get('exc_value')}"
    text = f"{key}={value}"
    return text if len(text) <= FACT_CHARACTERS else f"{text[:FACT_CHARACTERS]}…"


def _is_loud(line: str) -> bool:
    return any(word in line for word in LOUD_WORDS)
