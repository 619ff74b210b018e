"""What executions ask people."""

from datetime import datetime
from typing import Any

from services.client.models.base import Actor, Answer
from services.client.models.executions import WorkflowRef


class Approval(Answer):
    """A question of an execution; `status` is pending, approved, rejected or cancelled.

    `deciders` empty: everybody who may decide approvals. `on_timeout` counts when nobody does until `expires_at`.
    """

    id: str
    status: str
    execution_id: str = ""
    workflow: WorkflowRef | None = None
    node_id: str = ""
    title: str = ""
    message: str = ""
    data: Any = None
    deciders: tuple[str, ...] = ()
    four_eyes: bool = False
    requested_at: datetime | None = None
    requested_by: Actor | None = None
    expires_at: datetime | None = None
    on_timeout: str = "rejected"
    decided_at: datetime | None = None
    decided_by: Actor | None = None
    comment: str = ""
    timed_out: bool = False
    may_decide: bool = False
