"""Workflows, their versions, and what validation says."""

from datetime import datetime
from typing import Any

from services.client.models.base import Actor, Answer


class Workflow(Answer):
    """A workflow; `published_version` is None while nothing is published. `graph` only where one was asked for."""

    id: str
    name: str
    description: str = ""
    tags: tuple[str, ...] = ()
    draft_version: int = 0
    draft_saves: int = 0
    published_version: int | None = None
    etag: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    created_by: Actor | None = None
    graph: dict[str, Any] | None = None


class Version(Answer):
    """One numbered graph. `graph` is None in lists.

    While it is open, automatic saves of its creator go into it; once closed it never changes.
    """

    version: int
    note: str = ""
    created_at: datetime | None = None
    created_by: Actor | None = None
    published_at: datetime | None = None
    published: bool = False
    sha256: str = ""
    saves: int = 1
    saved_at: datetime | None = None
    open: bool = False
    graph: dict[str, Any] | None = None


class GraphProblem(Answer):
    """What is wrong, and where in the graph; a warning does not stop publishing."""

    node_id: str | None = None
    pointer: str = ""
    message: str
    severity: str = "error"


class Validation(Answer):
    """The verdict on a graph."""

    valid: bool
    problems: tuple[GraphProblem, ...] = ()


class ExpressionPreview(Answer):
    """What an expression comes to on samples. Not `ok`: `error` tells why; `missing`: only a sample was missing.

    Of a long value there is only the beginning when it is `abridged`.
    """

    ok: bool
    value: Any = None
    kind: str | None = None
    error: str | None = None
    missing: bool = False
    abridged: bool = False


class ImportNote(Answer):
    """What an import from another product could not take over as it was."""

    node: str
    kind: str
    message: str


class Imported(Answer):
    """The workflow made, what is wrong with its graph, and what needs a person's eye after a translation."""

    workflow: Workflow
    problems: tuple[GraphProblem, ...] = ()
    notes: tuple[ImportNote, ...] = ()
