"""Rules as protobuf messages, and requests as drafts."""

from typing import Any

from exekra.scheduler.v1 import execution_pb2
from exekra.scheduler.v1 import notification_rule_pb2 as pb
from exekra.scheduler.v1 import notification_rule_service_pb2 as service
from services.scheduler.executions.messages import timestamp
from services.scheduler.notifications.model import Handover, Rule, RuleDraft

_PLAIN = ("name", "enabled", "failures_only", "digest_seconds", "subject_template", "text_template")
_LISTS = ("recipients", "event_types", "workflow_ids")


def rule_message(rule: Rule) -> pb.NotificationRule:
    """A rule and how its mails fare."""
    draft = rule.draft
    return pb.NotificationRule(
        id=rule.id,
        name=draft.name,
        enabled=draft.enabled,
        recipients=draft.recipients,
        event_types=draft.event_types,
        workflow_ids=draft.workflow_ids,
        failures_only=draft.failures_only,
        digest_seconds=draft.digest_seconds,
        subject_template=draft.subject_template,
        text_template=draft.text_template,
        created_at=timestamp(rule.created_at),
        updated_at=timestamp(rule.updated_at),
        created_by=execution_pb2.Actor(kind=rule.creator.kind, id=rule.creator.id, name=rule.creator.name),
        etag=rule.etag,
        pending=rule.pending,
        last_sent_at=timestamp(rule.last_sent_at),
        last_error=rule.last_error,
    )


def new_draft(request: service.CreateNotificationRuleRequest) -> RuleDraft:
    """What somebody wants made."""
    given: Any = {name: getattr(request, name) for name in _PLAIN}
    given |= {name: tuple(getattr(request, name)) for name in _LISTS}
    return RuleDraft(**given)


def changed_draft(old: RuleDraft, request: service.UpdateNotificationRuleRequest) -> RuleDraft:
    """The draft with what the request gives."""
    given: Any = {
        name: getattr(request, name) if request.HasField(name) else getattr(old, name)  # type: ignore[arg-type]  # names of fields
        for name in _PLAIN
    }
    given |= {
        name: tuple(getattr(request, name)) if getattr(request, f"set_{name}") else getattr(old, name)
        for name in _LISTS
    }
    return RuleDraft(**given)


def handover_message(handover: Handover) -> service.TestNotificationRuleResponse:
    """What the mail server said to a sample."""
    return service.TestNotificationRuleResponse(
        sent=not handover.error,
        refused=[pb.RefusedRecipient(recipient=one.recipient, error=one.error) for one in handover.refusals],
        error=handover.error,
    )
