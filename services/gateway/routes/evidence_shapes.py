"""Shapes of what executions leave behind: node runs, lines and files."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from services.gateway.routes.shapes import Failure, Limit, PageQuery
from services.gateway.transcoding.fields import (
    ApiModel,
    Document,
    ListDocument,
    Proto,
    ShortText,
)

Level = Literal["debug", "info", "warning", "error"]


NodeStatus = Literal["running", "completed", "failed", "skipped", "retried", "stopped", "paused", "reused", "waiting"]


class NodeRunShape(ApiModel):
    """One run of one node; `path` names the turns of the loops around it.

    `paused`: held by a debugger. `reused`: it did not run, its output was recorded before or pinned. `waiting`: for a
    person or a time, after this attempt. `port` is the one it was left by; `variables` what it wrote, or true when its
    output says it. `nodeId` is `<calling node>/<node>` in a called workflow.
    """

    seq: int
    node_id: str
    node_type: str
    path: ListDocument
    attempt: int
    try_number: int
    status: NodeStatus
    started_at: datetime | None
    completed_at: datetime | None
    duration_seconds: float
    input: Document
    output: Document
    failure: Failure | None
    port: str | None
    variables: Document


class NodeRunQuery(PageQuery):
    """Without an attempt: the latest that began."""

    attempt: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None


class NodeRunPage(ApiModel):
    """In the order they began."""

    items: list[NodeRunShape]
    next_cursor: str | None


class LogLineShape(ApiModel):
    """One line a node or the runner wrote."""

    seq: int
    at: datetime
    level: Level
    node_id: str | None
    message: str


class LogQuery(ApiModel):
    """Lines after a sequence number, of a level and above, that contain `q`."""

    after: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0
    level: Level | None = None
    q: Annotated[ShortText, Proto("query")] = ""
    limit: Limit = 50
    cursor: Annotated[str, Field(max_length=500)] = ""


class LogPage(ApiModel):
    """In order. `lastSeq` is the last line's there is, whatever was asked for: 0 when there is none."""

    items: list[LogLineShape]
    next_cursor: str | None
    last_seq: int


class ArtifactShape(ApiModel):
    """A file an execution left behind; its bytes are at /api/artifacts/{id}."""

    id: str
    execution_id: str
    node_id: str | None
    name: str
    size: int
    sha256: str
    media_type: str
    created_at: datetime


class Artifacts(ApiModel):
    """All of one execution."""

    items: list[ArtifactShape]
    next_cursor: None = None
