"""Making, changing and deleting credentials. Every change is a row in the audit outbox of its own transaction.

All functions work in the caller's transaction. Values go in and never come out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from services.kit.identity import acting_principal
from services.kit.ids import is_id, new_id
from services.kit.outbox import Outbox, Resource
from services.kit.sealing import Binding, Sealer
from services.scheduler.executions.model import Actor
from services.scheduler.vault import repository
from services.scheduler.vault.errors import credential_changed, credential_in_use, credential_not_found
from services.scheduler.vault.model import Credential, CredentialKind
from services.scheduler.vault.uses import find_uses
from services.scheduler.vault.values import Value, dump_value, read_value

if TYPE_CHECKING:
    from services.kit.postgres import Connection

CHANGEABLE = ("description", "workflow_ids", "hosts")


@dataclass(frozen=True, slots=True)
class CredentialDraft:
    """What somebody asks for, checked; None leaves a member of an existing credential as it is."""

    description: str | None = None
    workflow_ids: tuple[str, ...] | None = None
    hosts: tuple[str, ...] | None = None


def binding_of(credential_id: str, version: int) -> Binding:
    """What a value is bound to: its credential, and the number of its change."""
    return Binding("credential", credential_id, version)


def resource(credential: Credential) -> Resource:
    """The credential as audit events name it."""
    return Resource("credential", credential.id, credential.name)


async def get_credential(connection: "Connection", credential_id: str, *, locked: bool = False) -> Credential:
    """Raises CREDENTIAL_NOT_FOUND."""
    read = repository.lock if locked else repository.find
    credential = await read(connection, credential_id) if is_id(credential_id) else None
    if credential is None:
        raise credential_not_found()
    return credential


async def create_credential(
    connection: "Connection",
    outbox: Outbox,
    sealer: Sealer,
    name: str,
    kind: CredentialKind,
    value: Value,
    draft: CredentialDraft,
) -> Credential:
    """Raises NAME_TAKEN."""
    principal = acting_principal()
    now = await connection.fetchval("SELECT now()")
    credential = Credential(
        id=new_id(),
        name=name,
        description=draft.description or "",
        kind=kind,
        fields=_names(value),
        workflow_ids=draft.workflow_ids or (),
        hosts=draft.hosts or (),
        version=1,
        value_changed_at=now,
        revision=1,
        last_used_at=None,
        last_execution_id=None,
        created_at=now,
        updated_at=now,
        created_by=Actor(principal.kind, principal.id, principal.name),
    )
    await repository.insert(connection, credential, sealer.seal(dump_value(value), binding_of(credential.id, 1)))
    details = {"kind": kind.value, "fields": credential.fields, **_limits(credential)}
    await outbox.record(connection, "credential.created", resource(credential), details)
    return credential


async def update_credential(
    connection: "Connection",
    outbox: Outbox,
    sealer: Sealer,
    credential_id: str,
    draft: CredentialDraft,
    value_json: bytes,
    if_match: str,
) -> Credential:
    """Empty `value_json` keeps the value. Raises CREDENTIAL_NOT_FOUND, CREDENTIAL_CHANGED, INVALID."""
    old = await get_credential(connection, credential_id, locked=True)
    if if_match and if_match != old.etag:
        raise credential_changed()
    given = {name: getattr(draft, name) for name in CHANGEABLE if getattr(draft, name) is not None}
    new = replace(old, **given)
    if new == old and not value_json:
        return old
    await repository.update(connection, new)
    changed = [name for name in CHANGEABLE if getattr(new, name) != getattr(old, name)]
    if value_json:
        value = read_value(old.kind, value_json)
        envelope = sealer.seal(dump_value(value), binding_of(old.id, old.version + 1))
        await repository.replace_value(connection, old.id, envelope, _names(value))
        details = {"version": old.version + 1, "fields": _names(value)}
        await outbox.record(connection, "credential.value_replaced", resource(old), details)
    if changed:
        details = {"changed": changed, "before": _limits(old), "after": _limits(new)}
        await outbox.record(connection, "credential.changed", resource(old), details)
    return await get_credential(connection, credential_id)


async def delete_credential(connection: "Connection", outbox: Outbox, credential_id: str, *, force: bool) -> None:
    """Raises CREDENTIAL_NOT_FOUND, CREDENTIAL_IN_USE."""
    credential = await get_credential(connection, credential_id, locked=True)
    uses = (await find_uses(connection, [credential.name]))[credential.name]
    if uses and not force:
        raise credential_in_use([use.name for use in uses])
    await repository.delete(connection, credential.id)
    details = {"workflows": [use.name for use in uses]}
    await outbox.record(connection, "credential.deleted", resource(credential), details)


def _names(value: Value) -> tuple[str, ...]:
    return tuple(sorted(value))


def _limits(credential: Credential) -> dict[str, Sequence[str]]:
    return {"workflowIds": credential.workflow_ids, "hosts": credential.hosts}
