"""Approvals as protobuf messages."""

from exekra.scheduler.v1 import approval_pb2 as pb
from exekra.scheduler.v1 import execution_pb2
from services.kit.identity import Principal
from services.scheduler.continuations.approval_model import Approval, ApprovalStatus, Decision, may_decide
from services.scheduler.executions.messages import timestamp
from services.scheduler.executions.model import Actor

_PREFIX = "APPROVAL_STATUS_"


def status_of(number: int) -> ApprovalStatus | None:
    """None for the unspecified and for numbers of a newer version."""
    name = pb.ApprovalStatus.Name(number) if number in pb.ApprovalStatus.values() else ""  # type: ignore[arg-type]  # any number may come
    text = name.removeprefix(_PREFIX)
    return ApprovalStatus(text) if text in ApprovalStatus.__members__ else None


def decision_of(number: int) -> Decision | None:
    """None for whatever is no decision."""
    status = status_of(number)
    return Decision(status) if status is not None and status in Decision.__members__ else None


def approval_message(approval: Approval, reader: Principal) -> pb.Approval:
    """An approval as the reader sees it."""
    may = reader.may("approval:decide") and not may_decide(approval, reader)
    return pb.Approval(
        id=approval.id,
        execution_id=approval.execution_id,
        workflow_id=approval.workflow_id,
        workflow_name=approval.workflow_name,
        node_id=approval.node_id,
        title=approval.title,
        message=approval.message,
        data_json=approval.data,
        deciders=approval.deciders,
        four_eyes=approval.four_eyes,
        status=pb.ApprovalStatus.Value(_PREFIX + approval.status),
        requested_at=timestamp(approval.requested_at),
        expires_at=timestamp(approval.expires_at),
        on_timeout=pb.ApprovalStatus.Value(_PREFIX + approval.on_timeout),
        decided_at=timestamp(approval.decided_at),
        decided_by=_actor(approval.decided_by),
        comment=approval.comment,
        timed_out=approval.timed_out,
        requested_by=_actor(approval.requested_by),
        may_decide=may and approval.status is ApprovalStatus.PENDING,
    )


def _actor(actor: Actor | None) -> execution_pb2.Actor | None:
    return None if actor is None else execution_pb2.Actor(kind=actor.kind, id=actor.id, name=actor.name)
