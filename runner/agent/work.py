"""What it means to carry out one attempt, whether inside the agent or in a process of its own.

Owns the order given to whoever runs the graph (`RunOrder`) and the interface of a running execution (`Work`).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from runner.agent.model import DebugWord, End, StoredFile


@dataclass(frozen=True, slots=True)
class CallOrder:
    """A workflow that may be called: by this id and version (0: the published one) it is asked for."""

    workflow_id: str
    asked_version: int
    version: int
    graph_path: str


@dataclass(frozen=True, slots=True)
class RunOrder:
    """Everything an execution needs, as plain data: it crosses the pipe to a process as JSON."""

    execution_id: str
    attempt_id: str
    run_attempt: int
    graph_path: str
    workflow_id: str
    draft: bool
    """A test run: pinned outputs count."""
    inputs: str
    """JSON object."""
    context: str
    """JSON object: facts for expressions (`execution.*`)."""
    timeout_seconds: float
    """Run time allowed, 0 for none."""
    files_dir: str
    """Where attached files are copied to for the upload."""
    lease_until: float
    """`clock.boottime` of the self-stop."""
    intervals_file: str | None = None
    continuation: str | None = None
    """Folder with what is known from earlier attempts; see `resuming`."""
    calls: tuple[CallOrder, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "RunOrder":
        """The order that `as_json` wrote."""
        return cls(**{**document, "calls": tuple(CallOrder(**call) for call in document["calls"])})


@dataclass(frozen=True, slots=True)
class Question:
    """What a node run wants of the Hub: `kind` says what, `run` names the node and the loops around it."""

    kind: str
    node_id: str
    run: str
    body: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


class Outlet(Protocol):
    """Where an execution's events go, in the order in which they happen; and who answers its questions."""

    def node_event(self, item: bytes) -> None:
        """A node event in its JSON form."""
        ...

    def log_line(self, item: bytes) -> None:
        """A log line in its JSON form."""
        ...

    def artifact(self, file: StoredFile) -> None:
        """A file that was copied for the upload."""
        ...

    @property
    def has_room(self) -> bool:
        """False while too much is under way: then no further node begins."""
        ...

    async def room(self) -> None:
        """Wait while too much is under way."""
        ...

    async def ask(self, question: Question) -> dict[str, Any]:
        """The answer. Raises NodeFailure."""
        ...


class Work(Protocol):
    """One execution that runs."""

    async def run(self) -> End:
        """Carry it out. Cancelling this kills it at once and for good."""
        ...

    def stop(self) -> None:
        """Ask it to end soon: the running node is stopped, `finally` bodies still run."""
        ...

    def kill(self) -> None:
        """End it at once, with everything it started."""
        ...

    def renew(self, lease_until: float) -> None:
        """The lease was extended (or began)."""
        ...

    def debug(self, word: DebugWord) -> None:
        """Pass on what the person who debugs it says."""
        ...
