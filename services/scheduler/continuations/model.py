"""What executions are made of that begin in the middle, wait, or are debugged. Plain data; documents are JSON."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Continuation:
    """What an execution needs beside its graph and inputs; documents are JSON. See the table of this name."""

    source_attempt_id: str | None = None
    nodes: tuple[str, ...] | None = None
    variables: bytes = b"[]"
    edits: bytes = b"{}"
    calls: bytes = b"[]"
    debug: bytes | None = None
    globals: tuple[str, ...] = ()
    recorded_globals: bytes = b"{}"


@dataclass(frozen=True, slots=True)
class Wait:
    """A node that waits: an approval, with the question in `request` (JSON), or a delay of so many seconds.

    The `request` of a delay is the node's output once it is over.
    """

    node_id: str
    seconds: float | None
    request: bytes

    @property
    def is_approval(self) -> bool:
        """Whether a person decides, and not a clock."""
        return self.seconds is None


@dataclass(frozen=True, slots=True)
class Suspension:
    """What an execution waits for, and its variables as JSON."""

    waits: tuple[Wait, ...]
    variables: bytes


class DebugAction(StrEnum):
    """What a person who debugs an execution wants; see the proto."""

    CONTINUE = "CONTINUE"
    STEP = "STEP"
    RUN_TO = "RUN_TO"
    PAUSE = "PAUSE"
    BREAKPOINTS = "BREAKPOINTS"


@dataclass(frozen=True, slots=True)
class DebugWord:
    """A word of the person who debugs an execution."""

    action: DebugAction
    node_id: str = ""
    breakpoints: tuple[str, ...] = ()
