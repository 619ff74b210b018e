"""An approval as plain data, and who may decide it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.kit.identity import Principal
from services.scheduler.executions.model import Actor

OVERRIDE = "user:manage"
"""An administrator may always decide: the people who were asked may have left. It is audited like every decision."""


class Decision(StrEnum):
    """What a person, or the time-out, said."""

    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


class ApprovalStatus(StrEnum):
    """Where a question stands; CANCELLED when its execution ended before an answer."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Question:
    """What an execution asks. `data` is JSON."""

    node_id: str
    title: str
    message: str
    data: bytes
    deciders: Sequence[str]
    four_eyes: bool
    on_timeout: Decision
    timeout_seconds: float


@dataclass(frozen=True, slots=True)
class Approval:
    """A question, and its answer if there is one. `data` is JSON."""

    id: str
    execution_id: str
    workflow_id: str
    workflow_name: str
    node_id: str
    title: str
    message: str
    data: bytes
    deciders: Sequence[str]
    four_eyes: bool
    on_timeout: Decision
    requested_by: Actor
    requested_at: datetime
    expires_at: datetime
    status: ApprovalStatus
    decision: Decision | None = None
    decided_at: datetime | None = None
    decided_by: Actor | None = None
    timed_out: bool = False
    comment: str = ""


def may_decide(approval: Approval, who: Principal) -> str:
    """Why this person may not decide; empty when they may."""
    if approval.four_eyes and who.id and who.id == approval.requested_by.id:
        return "Whoever started the execution may not decide it: ask somebody else."
    if not approval.deciders or who.may(OVERRIDE):
        return ""
    names = {name.casefold() for name in approval.deciders}
    if {who.id.casefold(), who.name.casefold()} & names:
        return ""
    return f"This is for {', '.join(approval.deciders[:5])} to decide."
