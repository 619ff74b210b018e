"""Workflows as plain data: the row, its numbered versions, and what a launch needs to know of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from runner.workflow.graph import Input, Settings


@dataclass(frozen=True, slots=True)
class Creator:
    """Who made something: kind is "user", "api_key" or "system"."""

    kind: str
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow without its graphs. Versions count from 1; 0 means there is none.

    `latest_saves` counts the saves that went into the latest version.
    """

    id: str
    name: str
    description: str
    tags: Sequence[str]
    latest_version: int
    latest_saves: int
    published_version: int
    created_at: datetime
    updated_at: datetime
    creator: Creator

    @property
    def etag(self) -> str:
        """Changes with every save."""
        return f"{self.id}.{self.latest_version}.{self.latest_saves}"


@dataclass(frozen=True, slots=True)
class GraphText:
    """A graph as bytes that were looked at: they are JSON and hold a list of nodes.

    `sha256` is over the bytes, `canonical_sha256` over the same document with sorted keys and no spaces (both hex).
    """

    data: bytes
    sha256: str
    canonical_sha256: str


@dataclass(frozen=True, slots=True)
class Version:
    """One numbered graph. `graph` is empty in lists.

    While it is open, automatic saves of its creator go into it; once closed it never changes.
    """

    version: int
    note: str
    created_at: datetime
    creator: Creator
    published_at: datetime | None
    published: bool
    sha256: str
    saves: int
    saved_at: datetime
    open: bool
    graph: bytes = b""


@dataclass(frozen=True, slots=True)
class NewWorkflow:
    """What somebody asks to be made; `graph` None makes a workflow without a version."""

    name: str
    description: str = ""
    tags: Sequence[str] = ()
    graph: GraphText | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Launchable:
    """The version an execution of a workflow would run now.

    `settings` are those of the graph; its capabilities include what the graph's node types need, and what the workflows
    it calls need.
    """

    workflow_id: str
    name: str
    version: int
    graph_sha256: str
    settings: Settings
    inputs: tuple[Input, ...]
    calls: bytes = b""
    """The workflows it may call, as they are now: JSON for the runner. Empty when it calls none."""
    globals: tuple[str, ...] = ()
    """The global variables that it reads, and the workflows it may call."""
