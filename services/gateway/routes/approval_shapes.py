"""Shapes of approvals."""

from datetime import datetime
from typing import Annotated, Literal

from services.gateway.routes.execution_shapes import WorkflowRef
from services.gateway.routes.shapes import Actor, PageQuery
from services.gateway.transcoding.fields import ApiModel, BodyModel, Document, Gather, Id, Text

ApprovalStatus = Literal["pending", "approved", "rejected", "cancelled"]


class ApprovalShape(ApiModel):
    """A question of an execution to a person. `deciders` empty: everybody who may decide approvals.

    `cancelled`: the execution ended before anybody decided. `onTimeout` counts when nobody does until `expiresAt`.
    """

    id: str
    execution_id: str
    workflow: Annotated[WorkflowRef, Gather((("id", "workflow_id"), ("name", "workflow_name")))]
    node_id: str
    title: str
    message: str
    data: Document
    deciders: list[str]
    four_eyes: bool
    status: ApprovalStatus
    requested_at: datetime
    requested_by: Actor | None
    expires_at: datetime
    on_timeout: ApprovalStatus
    decided_at: datetime | None
    decided_by: Actor | None
    comment: str
    timed_out: bool
    may_decide: bool


class ApprovalAnswer(ApiModel):
    """One approval."""

    approval: ApprovalShape


class ApprovalPage(ApiModel):
    """Newest first."""

    items: list[ApprovalShape]
    next_cursor: str | None


class ApprovalQuery(PageQuery):
    """Those of one execution, or in one status."""

    status: ApprovalStatus | None = None
    execution_id: Id | None = None


class DecideApproval(BodyModel):
    """A person's word; the first one counts."""

    decision: Literal["approved", "rejected"]
    comment: Text = ""
