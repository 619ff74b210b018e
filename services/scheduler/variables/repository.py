"""SQL of global variables, and of the values that executions keep."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import asyncpg

from services.scheduler.executions.model import Actor
from services.scheduler.variables.errors import name_taken
from services.scheduler.variables.model import Variable

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

_COLUMNS = """id, name, description, value, revision, created_at, updated_at, creator_kind, creator_id, creator_name"""
LOCK_COUNT = "SELECT pg_advisory_xact_lock(hashtext('exekra global variables'))"
COUNT = "SELECT count(*) FROM global_variable"
INSERT = f"""INSERT INTO global_variable (id, name, description, value, creator_kind, creator_id, creator_name)
 VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING {_COLUMNS}"""  # noqa: S608 - a constant
SELECT = f"SELECT {_COLUMNS} FROM global_variable WHERE id = $1"  # noqa: S608 - a constant
LOCK = f"{SELECT} FOR UPDATE"
LIST = f"""SELECT {_COLUMNS} FROM global_variable
 WHERE ($1 = '' OR strpos(lower(name), lower($1)) > 0 OR strpos(lower(description), lower($1)) > 0)
   AND ($2::text IS NULL OR (lower(name), id) > ($2, $3::uuid))
 ORDER BY lower(name), id LIMIT $4"""  # noqa: S608 - a constant
UPDATE = f"""UPDATE global_variable SET name = $2, description = $3, value = $4, revision = revision + 1,
 updated_at = now() WHERE id = $1 RETURNING {_COLUMNS}"""  # noqa: S608 - a constant
DELETE = "DELETE FROM global_variable WHERE id = $1"
VALUES = "SELECT name, value FROM global_variable WHERE name = ANY ($1::text[])"
KNOWN = "SELECT name FROM global_variable ORDER BY lower(name)"
TO_FREEZE = """SELECT c.execution_id, c.globals, c.recorded_globals FROM attempt a
 JOIN continuation c ON c.execution_id = a.execution_id
 WHERE a.id = $1 AND a.runner_id = $2 AND a.ended_at IS NULL AND c.globals <> '{}' AND c.frozen_globals IS NULL
 FOR UPDATE OF c"""
FREEZE = "UPDATE continuation SET frozen_globals = $2 WHERE execution_id = $1"
READERS = """SELECT w.id::text AS id, w.name, v.version, v.sha256 FROM workflow w
 JOIN workflow_version v ON v.workflow_id = w.id AND v.version = w.published_version
 WHERE w.deleted_at IS NULL AND position('globals'::bytea IN v.graph) > 0 ORDER BY lower(w.name), w.id"""


async def insert(
    connection: "Connection", variable_id: str, name: str, description: str, value: bytes, creator: Actor
) -> Variable:
    """Raises NAME_TAKEN; the transaction is then over."""
    by = (creator.kind, creator.id, creator.name)
    try:
        return _variable(await connection.fetchrow(INSERT, variable_id, name, description, value, *by))
    except asyncpg.UniqueViolationError:
        raise name_taken(name) from None


async def find(connection: "Connection", variable_id: str, *, locked: bool = False) -> Variable | None:
    """None when there is none of this id."""
    row = await connection.fetchrow(LOCK if locked else SELECT, variable_id)
    return _variable(row) if row else None


async def list_variables(
    connection: "Connection", query: str, after: tuple[str, str] | None, limit: int
) -> list[Variable]:
    """By name; `after` is (name in lower case, id) of the last one shown."""
    name, variable_id = after or (None, None)
    return [_variable(row) for row in await connection.fetch(LIST, query, name, variable_id, limit)]


async def update(connection: "Connection", variable: Variable) -> Variable:
    """Raises NAME_TAKEN; the transaction is then over."""
    values = (variable.id, variable.name, variable.description, variable.value)
    try:
        return _variable(await connection.fetchrow(UPDATE, *values))
    except asyncpg.UniqueViolationError:
        raise name_taken(variable.name) from None


async def values_of(connection: "Connection", names: Sequence[str]) -> dict[str, Any]:
    """The values of those of these variables that exist."""
    return {row["name"]: json.loads(row["value"]) for row in await connection.fetch(VALUES, list(names))}


async def read_values(pool: "Pool", names: Sequence[str]) -> dict[str, Any]:
    """The same on a connection of its own."""
    async with pool.acquire() as connection:
        return await values_of(connection, names)


async def freeze(connection: "Connection", attempt_id: str, runner_id: str) -> None:
    """The execution of this live attempt keeps the values of now, unless it has kept some before."""
    row = await connection.fetchrow(TO_FREEZE, attempt_id, runner_id)
    if row is None:
        return
    recorded: Mapping[str, Any] = json.loads(row["recorded_globals"])
    frozen = {**await values_of(connection, row["globals"]), **recorded}
    await connection.execute(FREEZE, row["execution_id"], json.dumps(frozen, ensure_ascii=False).encode())


def _variable(row: Any) -> Variable:
    return Variable(
        id=str(row["id"]),
        name=row["name"],
        description=row["description"],
        value=row["value"],
        revision=row["revision"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        created_by=Actor(row["creator_kind"], row["creator_id"], row["creator_name"]),
    )
