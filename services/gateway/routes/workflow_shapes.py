"""Shapes of workflows, their versions, and what validation says of a graph."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, RootModel

from services.gateway.routes.shapes import Actor, PageQuery
from services.gateway.transcoding.fields import (
    ApiModel,
    BodyModel,
    Document,
    JsonDocument,
    Name,
    ObjectDocument,
    Outer,
    Proto,
    ShortText,
    Text,
)

Tags = Annotated[list[Annotated[str, Field(min_length=1, max_length=50)]], Field(max_length=20)]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]
_GraphObject = Annotated[
    dict[str, Any],
    Field(json_schema_extra={"required": ["nodes"], "properties": {"nodes": {"type": "array"}}}),
]
Graph = Annotated[_GraphObject, JsonDocument()]
OptionalGraph = Annotated[_GraphObject | None, JsonDocument()]
AnyObject = Annotated[dict[str, Any] | None, JsonDocument()]
"""To be validated: what is no graph at all is answered with its problems."""


class WorkflowShape(ApiModel):
    """A workflow; `draftVersion` is its highest version, `publishedVersion` null while nothing is published."""

    id: str
    name: str
    description: str
    tags: list[str]
    draft_version: int
    draft_saves: int
    published_version: int | None
    etag: str
    created_at: datetime
    updated_at: datetime
    created_by: Actor | None


class WorkflowWithGraph(WorkflowShape):
    """A workflow with the graph of its latest draft."""

    graph: Annotated[Document, Outer("graph_json")]


class WorkflowAnswer(ApiModel):
    """One workflow."""

    workflow: WorkflowShape


class WorkflowWithGraphAnswer(ApiModel):
    """One workflow with its graph."""

    workflow: WorkflowWithGraph


class WorkflowPage(ApiModel):
    """By name."""

    items: list[WorkflowShape]
    next_cursor: str | None


class WorkflowQuery(PageQuery):
    """`q` is part of the name or description."""

    q: Annotated[ShortText, Proto("query")] = ""
    tag: ShortText = ""


class CreateWorkflow(BodyModel):
    """A graph may have problems; they must be gone to publish it."""

    name: Name
    description: Text = ""
    tags: Tags = Field(default_factory=list)
    graph: OptionalGraph = None


class ChangeWorkflow(BodyModel):
    """What is left out stays as it is; tags are replaced as a whole."""

    name: Name | None = None
    description: Text | None = None
    tags: Tags | None = None


class SaveDraft(BodyModel):
    """Makes a new numbered version. Send `If-Match` to notice somebody else's save.

    `automatic` is for editors that save by themselves: such saves of one person, each with the `ETag` of the one before
    as its `If-Match`, go into one version until they save, run or publish it, or stop for 30 minutes.
    """

    graph: Graph
    note: Text = ""
    automatic: bool = False


class SavedDraft(ApiModel):
    """The version made, or the latest one when the graph is the same; `saves` counts those that went into it."""

    version: int
    saves: int


class VersionShape(ApiModel):
    """One numbered version; `publishedAt` is kept when another one is published later.

    While it is `open`, automatic saves still go into it; `saves` counts them, `savedAt` is the last one's time.
    """

    version: int
    note: str
    created_at: datetime
    created_by: Actor | None
    published_at: datetime | None
    published: bool
    sha256: str
    saves: int
    saved_at: datetime
    open: bool


class VersionWithGraph(VersionShape):
    """A version with its graph."""

    graph: ObjectDocument


class VersionAnswer(ApiModel):
    """One version."""

    version: VersionWithGraph


class VersionPage(ApiModel):
    """Newest first."""

    items: list[VersionShape]
    next_cursor: str | None


class DiffQuery(ApiModel):
    """Two versions of one workflow."""

    from_: Annotated[Version, Field(alias="from"), Proto("from_version")]
    to: Annotated[Version, Proto("to_version")]


class PublishWorkflow(BodyModel):
    """Without a version the latest draft is published."""

    version: Version | None = None
    note: Text = ""


class RollbackWorkflow(BodyModel):
    """The graph of this version becomes a new draft, published."""

    version: Version
    note: Text = ""


class ValidateWorkflow(BodyModel):
    """Without a graph the latest draft is looked at."""

    graph: AnyObject = None


class Problem(ApiModel):
    """What is wrong, and where in the graph."""

    node_id: str | None
    pointer: str
    message: str
    severity: Literal["error", "warning"]


class Validation(ApiModel):
    """Warnings leave a graph valid."""

    valid: bool
    problems: list[Problem]


class DuplicateWorkflow(BodyModel):
    """Without a name the copy gets one."""

    name: Name | None = None


class ExportQuery(ApiModel):
    """Without a version: the published one, else the latest draft."""

    version: Version | None = None


class ImportQuery(ApiModel):
    """A name in place of the document's."""

    name: Name | None = None


class ExportedWorkflow(RootModel[dict[str, Any] | list[Any]]):
    """The document of an export as it was answered, or a workflow as n8n or Node-RED exports it."""


class ImportNote(ApiModel):
    """What could not be taken over from another product as it was, by the name of the node there.

    `kind` is trigger (make one here), refused (a placeholder stands there), expression, setting or credential (left
    out), approximate (may differ), cycle (an edge was left out) or unreachable (it is a sticky note now).
    """

    node: str
    kind: str
    message: str


class Imported(ApiModel):
    """The workflow made, what validation says of its graph, and what needs a person's eye after a translation."""

    workflow: WorkflowShape
    problems: list[Problem]
    notes: list[ImportNote]


class NodeTypeShape(ApiModel):
    """A node type: its declaration, and the connected runners that have it."""

    type: str
    declaration: ObjectDocument
    runner_ids: list[str]


class NodeTypes(ApiModel):
    """All of them."""

    items: list[NodeTypeShape]
    next_cursor: None = None
