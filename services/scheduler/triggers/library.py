"""Making, changing and deleting triggers of every kind. Each change has its audit row in its own transaction.

All functions work in the caller's transaction. What is particular to a kind is done by its `TriggerKind`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from services.kit.errors import DomainError, FieldError, invalid
from services.kit.ids import is_id, new_id
from services.kit.outbox import Outbox, Resource
from services.scheduler.executions.errors import inputs_invalid
from services.scheduler.executions.inputs import check_limits, read_inputs
from services.scheduler.triggers.errors import trigger_changed, trigger_not_found
from services.scheduler.triggers.kinds import NOTHING, TriggerKind
from services.scheduler.triggers.model import Kind, Trigger
from services.scheduler.triggers.repository import triggers as repository
from services.scheduler.triggers.repository.schedules import now
from services.scheduler.workflows.errors import workflow_not_found
from services.scheduler.workflows.library import creator
from services.scheduler.workflows.use_cases import load_launchable

if TYPE_CHECKING:
    from services.kit.postgres import Connection

MAXIMUM_NAME = 200
MAXIMUM_LABELS = 32
BROUGHT_BY_WEBHOOKS = "/inputs/webhook"
_LABEL = re.compile(r"[^\s,\x00-\x1f\x7f]{1,64}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is common to all kinds, as somebody wants it; None leaves it as it is."""

    name: str | None = None
    enabled: bool | None = None
    inputs: bytes | None = None
    priority: int | None = None
    labels: Sequence[str] | None = None
    dedupe_key: str | None = None
    timeout_seconds: float | None = None
    queue_timeout_seconds: float | None = None


Kinds = Mapping[Kind, TriggerKind]


def resource(trigger: Trigger) -> Resource:
    """The trigger as audit events name it."""
    return Resource("trigger", trigger.id, trigger.name)


async def get_trigger(connection: "Connection", trigger_id: str, *, locked: bool = False) -> Trigger:
    """Raises TRIGGER_NOT_FOUND. Locked, nobody else changes it until the transaction ends."""
    find = repository.lock if locked else repository.find
    trigger = await find(connection, trigger_id) if is_id(trigger_id) else None
    if trigger is None:
        raise trigger_not_found()
    return trigger


async def create_trigger(
    connection: "Connection", outbox: Outbox, kinds: Kinds, workflow_id: str, kind: Kind, wanted: Wanted, spec: Any
) -> tuple[Trigger, str]:
    """The new trigger, and the secret to be shown once (or ""). `wanted` names everything."""
    published = await repository.lock_workflow(connection, workflow_id) if is_id(workflow_id) else None
    if published is None:
        raise workflow_not_found()
    at = await now(connection)
    blank = Trigger(
        id=new_id(),
        kind=kind,
        workflow_id=workflow_id,
        workflow_name="",
        name="",
        enabled=True,
        inputs=b"{}",
        priority=0,
        labels=(),
        dedupe_key="",
        timeout_seconds=0.0,
        queue_timeout_seconds=0.0,
        breaker="CLOSED",
        revision=1,
        created_at=at,
        updated_at=at,
        creator=creator(),
    )
    trigger = _changed(blank, wanted)
    _check(trigger)
    await _check_inputs(connection, trigger, published=published)
    trigger = await repository.insert(connection, trigger)
    secret = await kinds[kind].create(connection, trigger, spec)
    await outbox.record(connection, "trigger.created", resource(trigger), {"kind": kind.lower(), **_shown(trigger)})
    return trigger, secret


async def update_trigger(
    connection: "Connection",
    outbox: Outbox,
    kinds: Kinds,
    trigger_id: str,
    wanted: Wanted,
    spec: Any = None,
    clear: Sequence[str] = (),
    if_match: str = "",
    action: str = "trigger.updated",
) -> Trigger:
    """Changes what is wanted. Raises TRIGGER_NOT_FOUND, TRIGGER_CHANGED and what `create_trigger` raises."""
    old = await get_trigger(connection, trigger_id, locked=True)
    if if_match and if_match != old.etag:
        raise trigger_changed()
    new = _changed(old, wanted)
    if new == old and spec is None and not clear:
        return old
    _check(new)
    if new.inputs != old.inputs:
        published = await repository.lock_workflow(connection, new.workflow_id)
        await _check_inputs(connection, new, published=bool(published))
    new = await repository.update(connection, new)
    details = await kinds[new.kind].update(connection, old, new, NOTHING[new.kind] if spec is None else spec, clear)
    before, after = _shown(old), _shown(new)
    changed = [name for name in before if before[name] != after[name]]
    await outbox.record(
        connection,
        action,
        resource(new),
        {
            "before": {**{name: before[name] for name in changed}, **details.before},
            "after": {**{name: after[name] for name in changed}, **details.after},
        },
    )
    return new


async def set_enabled(
    connection: "Connection", outbox: Outbox, kinds: Kinds, trigger_id: str, *, enabled: bool
) -> Trigger:
    """A repeat changes nothing. Raises TRIGGER_NOT_FOUND."""
    action = "trigger.enabled" if enabled else "trigger.disabled"
    return await update_trigger(connection, outbox, kinds, trigger_id, Wanted(enabled=enabled), action=action)


async def delete_trigger(connection: "Connection", outbox: Outbox, kinds: Kinds, trigger_id: str) -> None:
    """Hides it and ends what it plans; its ledger and executions stay. Raises TRIGGER_NOT_FOUND."""
    trigger = await get_trigger(connection, trigger_id, locked=True)
    await kinds[trigger.kind].update(connection, trigger, replace(trigger, enabled=False), NOTHING[trigger.kind], ())
    await connection.execute(repository.DELETE, trigger_id)
    await outbox.record(connection, "trigger.deleted", resource(trigger))


async def rotate_secret(connection: "Connection", outbox: Outbox, kinds: Kinds, trigger_id: str) -> tuple[Trigger, str]:
    """The trigger and its new secret. Raises TRIGGER_NOT_FOUND, NO_SECRET."""
    trigger = await get_trigger(connection, trigger_id, locked=True)
    secret = await kinds[trigger.kind].rotate(connection, trigger)
    await outbox.record(connection, "trigger.secret_rotated", resource(trigger))
    return trigger, secret


def laid_over(trigger: Trigger, given: bytes) -> bytes:
    """The trigger's inputs with others laid over them, name by name. Raises INPUTS_INVALID."""
    if not given:
        return trigger.inputs
    over = read_inputs(given, ())
    return json.dumps({**json.loads(trigger.inputs), **over}, separators=(",", ":"), ensure_ascii=False).encode()


def _changed(old: Trigger, wanted: Wanted) -> Trigger:
    values = {name: getattr(wanted, name) for name in Wanted.__dataclass_fields__}
    return replace(old, **{name: value for name, value in values.items() if value is not None})


def _check(trigger: Trigger) -> None:
    problems = []
    if not 1 <= len(trigger.name.strip()) <= MAXIMUM_NAME or "\x00" in trigger.name:
        problems.append(FieldError("/name", f"Give a name of 1 to {MAXIMUM_NAME} characters."))
    if len(trigger.labels) > MAXIMUM_LABELS:
        problems.append(FieldError("/labels", f"Give at most {MAXIMUM_LABELS} labels."))
    for place, label in enumerate(trigger.labels):
        if not _LABEL.fullmatch(label):
            problems.append(FieldError(f"/labels/{place}", "Give 1 to 64 characters without blanks and commas."))
    if problems:
        raise invalid("Some fields are out of their range.", *problems)
    check_limits(
        priority=trigger.priority,
        timeout_seconds=trigger.timeout_seconds,
        queue_timeout_seconds=trigger.queue_timeout_seconds,
        dedupe_key=trigger.dedupe_key,
        not_before=None,
    )


async def _check_inputs(connection: "Connection", trigger: Trigger, *, published: bool) -> None:
    """Against the published version; while there is none it is enough that they are a JSON object."""
    if not published:
        read_inputs(trigger.inputs, ())
        return
    launchable = await load_launchable(connection, trigger.workflow_id, draft=False)
    try:
        read_inputs(trigger.inputs, launchable.inputs)
    except DomainError as error:
        rest = [field for field in error.fields if not _comes_later(trigger, field)]
        if rest:
            raise inputs_invalid(rest) from None


def _comes_later(trigger: Trigger, field: FieldError) -> bool:
    return trigger.kind is Kind.WEBHOOK and field.pointer == BROUGHT_BY_WEBHOOKS


def _shown(trigger: Trigger) -> dict[str, Any]:
    """Members that audit events show; inputs may be large and are left out."""
    return {
        "name": trigger.name,
        "enabled": trigger.enabled,
        "priority": trigger.priority,
        "labels": list(trigger.labels),
        "dedupeKey": trigger.dedupe_key,
        "timeoutSeconds": trigger.timeout_seconds,
        "queueTimeoutSeconds": trigger.queue_timeout_seconds,
    }
