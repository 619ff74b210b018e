"""SQL of credentials. The sealed value is read by releases and rewrapping alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import asyncpg

from services.scheduler.executions.model import Actor
from services.scheduler.vault.errors import credential_name_taken
from services.scheduler.vault.model import Credential, CredentialKind

if TYPE_CHECKING:
    from services.kit.postgres import Connection

_COLUMNS = """id::text AS id, name, description, kind, fields, workflow_ids::text[] AS workflow_ids, hosts, version,
 value_changed_at, revision, last_used_at, last_execution_id::text AS last_execution_id, created_at, updated_at,
 creator_kind, creator_id, creator_name"""
_FROM = "FROM credential"
INSERT = """INSERT INTO credential (id, name, description, kind, fields, value, workflow_ids, hosts, creator_kind,
 creator_id, creator_name) VALUES ($1, $2, $3, $4, $5, $6, $7::uuid[], $8, $9, $10, $11)"""
SELECT = f"SELECT {_COLUMNS} {_FROM} WHERE id = $1"
LOCK = f"{SELECT} FOR NO KEY UPDATE"
LIST = f"""SELECT {_COLUMNS} {_FROM}
 WHERE ($1 = '' OR strpos(lower(name), lower($1)) > 0 OR strpos(lower(description), lower($1)) > 0)
   AND ($2::text IS NULL OR (lower(name), id) > ($2, $3::uuid))
 ORDER BY lower(name), id LIMIT $4"""
UPDATE = """UPDATE credential SET description = $2, workflow_ids = $3::uuid[], hosts = $4, revision = revision + 1,
 updated_at = now() WHERE id = $1"""
REPLACE_VALUE = """UPDATE credential SET value = $2, fields = $3, version = version + 1, value_changed_at = now()
 WHERE id = $1"""
DELETE = "DELETE FROM credential WHERE id = $1"
BY_NAME = f"SELECT {_COLUMNS}, value {_FROM} WHERE name = $1"
ALLOWED = "SELECT name, workflow_ids::text[] AS workflow_ids FROM credential WHERE name = ANY ($1::text[])"
# Not at each of a burst of releases: they would queue for the row.
NOTE_USE = """UPDATE credential SET last_used_at = now(), last_execution_id = $2
 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - interval '5 seconds')"""
LIVE_ATTEMPT = """SELECT a.execution_id::text AS execution_id, e.workflow_id::text AS workflow_id, e.workflow_name,
  e.version, e.graph_sha256, c.calls, r.name AS runner_name
  FROM attempt a JOIN execution e ON e.id = a.execution_id JOIN runner r ON r.id = a.runner_id
  JOIN runner_session s ON s.runner_id = a.runner_id LEFT JOIN continuation c ON c.execution_id = a.execution_id
 WHERE a.id = $1 AND a.runner_id = $2 AND s.epoch = $3 AND a.execution_id = $4
   AND a.ended_at IS NULL AND a.acknowledged_at IS NOT NULL AND a.lease_expires_at > now() FOR SHARE OF a"""
LOCK_OLD_KEYS = """SELECT id::text AS id, version, value FROM credential WHERE substring(value FROM 2 FOR 8) <> $1
 LIMIT $2 FOR UPDATE SKIP LOCKED"""
REWRAP = "UPDATE credential SET value = $2 WHERE id = $1"


@dataclass(frozen=True, slots=True)
class Holder:
    """A live attempt that asks. `calls` is the JSON of its continuation's called workflows."""

    attempt_id: str
    execution_id: str
    workflow_id: str
    workflow_name: str
    version: int
    graph_sha256: str
    calls: bytes
    runner_id: str
    runner_name: str


async def insert(connection: "Connection", credential: Credential, envelope: bytes) -> None:
    """Raises NAME_TAKEN; the transaction is then over."""
    by = credential.created_by
    try:
        await connection.execute(
            INSERT,
            credential.id,
            credential.name,
            credential.description,
            credential.kind,
            list(credential.fields),
            envelope,
            list(credential.workflow_ids),
            list(credential.hosts),
            by.kind,
            by.id,
            by.name,
        )
    except asyncpg.UniqueViolationError:
        raise credential_name_taken(credential.name) from None


async def update(connection: "Connection", credential: Credential) -> None:
    """Writes everything but the value of a locked credential."""
    await connection.execute(
        UPDATE, credential.id, credential.description, list(credential.workflow_ids), list(credential.hosts)
    )


async def replace_value(connection: "Connection", credential_id: str, envelope: bytes, fields: Sequence[str]) -> None:
    """The envelope is bound to the version after the present one."""
    await connection.execute(REPLACE_VALUE, credential_id, envelope, list(fields))


async def find(connection: "Connection", credential_id: str) -> Credential | None:
    """None when it is unknown."""
    row = await connection.fetchrow(SELECT, credential_id)
    return _credential(row) if row else None


async def lock(connection: "Connection", credential_id: str) -> Credential | None:
    """As `find`, and nobody else changes it until the transaction ends."""
    row = await connection.fetchrow(LOCK, credential_id)
    return _credential(row) if row else None


async def list_credentials(
    connection: "Connection", query: str, after: tuple[str, str] | None, limit: int
) -> list[Credential]:
    """By name; `after` is (name in lower case, id) of the last one shown."""
    name, credential_id = after or (None, None)
    return [_credential(row) for row in await connection.fetch(LIST, query, name, credential_id, limit)]


async def delete(connection: "Connection", credential_id: str) -> None:
    """With its value."""
    await connection.execute(DELETE, credential_id)


async def find_sealed(connection: "Connection", name: str) -> tuple[Credential, bytes] | None:
    """The credential of exactly this name and its envelope."""
    row = await connection.fetchrow(BY_NAME, name)
    return (_credential(row), row["value"]) if row else None


async def find_allowed(connection: "Connection", names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Of those that exist, the workflows each is kept for."""
    return {row["name"]: tuple(row["workflow_ids"]) for row in await connection.fetch(ALLOWED, names)}


async def note_use(connection: "Connection", credential_id: str, execution_id: str) -> None:
    """To within seconds."""
    await connection.execute(NOTE_USE, credential_id, execution_id)


async def lock_holder(
    connection: "Connection", attempt_id: str, execution_id: str, runner_id: str, epoch: int
) -> Holder | None:
    """The attempt if this runner holds it by its latest session; it does not end until the transaction does."""
    row = await connection.fetchrow(LIVE_ATTEMPT, attempt_id, runner_id, epoch, execution_id)
    if row is None:
        return None
    return Holder(
        attempt_id=attempt_id,
        execution_id=row["execution_id"],
        workflow_id=row["workflow_id"],
        workflow_name=row["workflow_name"],
        version=row["version"],
        graph_sha256=row["graph_sha256"],
        calls=row["calls"] or b"[]",
        runner_id=runner_id,
        runner_name=row["runner_name"],
    )


async def lock_old_keys(connection: "Connection", current: bytes, limit: int) -> list[tuple[str, int, bytes]]:
    """(id, version, envelope) of values that are not under the key of this id."""
    return [(row["id"], row["version"], row["value"]) for row in await connection.fetch(LOCK_OLD_KEYS, current, limit)]


async def rewrap(connection: "Connection", credential_id: str, envelope: bytes) -> None:
    """The same value in another envelope."""
    await connection.execute(REWRAP, credential_id, envelope)


def _credential(row: Any) -> Credential:
    return Credential(
        id=row["id"],
        name=row["name"],
        description=row["description"],
        kind=CredentialKind(row["kind"]),
        fields=tuple(row["fields"]),
        workflow_ids=tuple(row["workflow_ids"]),
        hosts=tuple(row["hosts"]),
        version=row["version"],
        value_changed_at=row["value_changed_at"],
        revision=row["revision"],
        last_used_at=row["last_used_at"],
        last_execution_id=row["last_execution_id"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        created_by=Actor(row["creator_kind"], row["creator_id"], row["creator_name"]),
    )
