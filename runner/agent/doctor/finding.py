"""One thing that was looked at, and what a whole examination comes to."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Level = Literal["ok", "warning", "bad"]
"""`warning`: the runner works, but not everything; `bad`: it does not."""

BROKEN_HERE = 1
REFUSED = 4
UNREACHABLE = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """`fix` is a command or a thing to do; empty where there is none."""

    subject: str
    level: Level
    message: str
    fix: str = ""
    exit_code: int = 0

    @property
    def ok(self) -> bool:
        """False when the runner cannot work like this."""
        return self.level != "bad"

    def as_json(self) -> dict[str, Any]:
        """`{subject, level, ok, message, fix}`."""
        return {
            "subject": self.subject,
            "level": self.level,
            "ok": self.ok,
            "message": self.message,
            "fix": self.fix,
        }


def fine(subject: str, message: str) -> Finding:
    """As it should be."""
    return Finding(subject, "ok", message)


def lacking(subject: str, message: str, fix: str = "") -> Finding:
    """Some work cannot be done here."""
    return Finding(subject, "warning", message, fix)


def broken(subject: str, message: str, fix: str = "", exit_code: int = BROKEN_HERE) -> Finding:
    """No work can be done here."""
    return Finding(subject, "bad", message, fix, exit_code)


def exit_code(findings: Iterable[Finding]) -> int:
    """0 when the runner can work; else what is broken here, what the Hub refuses, or that it cannot be reached."""
    codes = [finding.exit_code for finding in findings if not finding.ok]
    return min(codes, default=0)
