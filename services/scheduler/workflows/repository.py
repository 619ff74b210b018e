"""The SQL of workflows and their versions, and rows to models."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import asyncpg

from services.scheduler.workflows.errors import name_taken
from services.scheduler.workflows.model import Creator, GraphText, NewWorkflow, Version, Workflow

if TYPE_CHECKING:
    from services.kit.postgres import Connection

_WORKFLOW = """id::text AS id, name, description, tags, latest_version, latest_saves,
 coalesce(published_version, 0) AS published_version, created_at, updated_at, creator_kind, creator_id, creator_name"""
_OPEN = "v.open AND v.saved_at > now() - interval '30 minutes'"
"""Automatic saves go into a version until there was none for so long (infra/decisions/0024)."""
_VERSION = f"""v.version, v.note, v.created_at, v.published_at, v.sha256, v.creator_kind, v.creator_id, v.creator_name,
 w.published_version IS NOT DISTINCT FROM v.version AS published, v.saves, v.saved_at,
 {_OPEN} AND v.version = w.latest_version AS open"""

INSERT = f"""INSERT INTO workflow (id, name, description, tags, creator_kind, creator_id, creator_name)
VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING {_WORKFLOW}"""  # noqa: S608 - a constant
SELECT = f"SELECT {_WORKFLOW} FROM workflow WHERE id = $1 AND deleted_at IS NULL"  # noqa: S608 - a constant
LOCK = f"{SELECT} FOR NO KEY UPDATE"
LIST = f"""SELECT {_WORKFLOW} FROM workflow
 WHERE deleted_at IS NULL
   AND ($1 = '' OR strpos(lower(name), lower($1)) > 0 OR strpos(lower(description), lower($1)) > 0)
   AND ($2 = '' OR $2 = ANY(tags))
   AND ($3::text IS NULL OR (lower(name), id) > ($3, $4::uuid))
 ORDER BY lower(name), id LIMIT $5"""  # noqa: S608 - a constant
UPDATE = f"""UPDATE workflow SET name = $2, description = $3, tags = $4, updated_at = now()
 WHERE id = $1 RETURNING {_WORKFLOW}"""  # noqa: S608 - a constant
DELETE = "UPDATE workflow SET deleted_at = now(), updated_at = now() WHERE id = $1"
COUNT_LIVE = """SELECT count(*) FROM execution
 WHERE workflow_id = $1 AND status IN ('QUEUED', 'ASSIGNED', 'RUNNING', 'STOPPING')"""
LOCK_NAMES = "SELECT pg_advisory_xact_lock(hashtext('exekra workflow names'))"
TAKEN_NAMES = (
    "SELECT lower(name) AS name FROM workflow WHERE deleted_at IS NULL AND starts_with(lower(name), lower($1))"
)

INSERT_VERSION = """INSERT INTO workflow_version (workflow_id, version, graph, sha256, canonical_sha256, note,
 creator_kind, creator_id, creator_name, open) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"""
COUNT_VERSION = f"""UPDATE workflow SET latest_version = $2, latest_saves = $3, updated_at = now() WHERE id = $1
 RETURNING {_WORKFLOW}"""  # noqa: S608 - a constant
FOLD = f"""UPDATE workflow_version v SET graph = $3, sha256 = $4, canonical_sha256 = $5, note = $6, open = $7,
 saves = saves + 1, saved_at = now()
 WHERE workflow_id = $1 AND version = $2 AND creator_kind = $8 AND creator_id = $9 AND {_OPEN}
 RETURNING saves"""  # noqa: S608 - a constant
CLOSE = "UPDATE workflow_version SET open = false WHERE workflow_id = $1 AND version = $2 AND open"
CLOSE_SAVED = """UPDATE workflow_version SET open = false, note = $3 WHERE workflow_id = $1 AND version = $2 AND open
 AND creator_kind = $4 AND creator_id = $5 RETURNING version"""
CANONICAL = "SELECT canonical_sha256 FROM workflow_version WHERE workflow_id = $1 AND version = $2"
SELECT_VERSION = f"""SELECT {_VERSION}, v.graph FROM workflow_version v JOIN workflow w ON w.id = v.workflow_id
 WHERE v.workflow_id = $1 AND v.version = $2 AND w.deleted_at IS NULL"""  # noqa: S608 - a constant
LIST_VERSIONS = f"""SELECT {_VERSION} FROM workflow_version v JOIN workflow w ON w.id = v.workflow_id
 WHERE v.workflow_id = $1 AND w.deleted_at IS NULL AND ($2::integer IS NULL OR v.version < $2)
 ORDER BY v.version DESC LIMIT $3"""  # noqa: S608 - a constant
MARK_PUBLISHED = """UPDATE workflow_version SET published_at = coalesce(published_at, now())
 WHERE workflow_id = $1 AND version = $2"""
PUBLISH = f"""UPDATE workflow SET published_version = $2, updated_at = now() WHERE id = $1
 RETURNING {_WORKFLOW}"""  # noqa: S608 - a constant
SET_NOTE = "UPDATE workflow_version SET note = $3 WHERE workflow_id = $1 AND version = $2"
SELECT_GRAPH = "SELECT graph FROM workflow_version WHERE sha256 = $1 LIMIT 1"


async def insert(connection: "Connection", workflow_id: str, new: NewWorkflow, creator: Creator) -> Workflow:
    """Raises NAME_TAKEN; the transaction is then over."""
    try:
        row = await connection.fetchrow(
            INSERT, workflow_id, new.name, new.description, list(new.tags), creator.kind, creator.id, creator.name
        )
    except asyncpg.UniqueViolationError:
        raise name_taken(new.name) from None
    return _workflow(_one(row))


async def find(connection: "Connection", workflow_id: str) -> Workflow | None:
    """None when it is unknown or deleted."""
    row = await connection.fetchrow(SELECT, workflow_id)
    return _workflow(row) if row else None


async def lock(connection: "Connection", workflow_id: str) -> Workflow | None:
    """As `find`, and nobody else saves or publishes until the transaction ends."""
    row = await connection.fetchrow(LOCK, workflow_id)
    return _workflow(row) if row else None


async def list_workflows(
    connection: "Connection", query: str, tag: str, after: tuple[str, str] | None, limit: int
) -> list[Workflow]:
    """By name; `after` is (name in lower case, id) of the last one shown."""
    name, workflow_id = after or (None, None)
    return [_workflow(row) for row in await connection.fetch(LIST, query, tag, name, workflow_id, limit)]


async def update(
    connection: "Connection", workflow_id: str, name: str, description: str, tags: Sequence[str]
) -> Workflow:
    """Raises NAME_TAKEN; the transaction is then over."""
    try:
        return _workflow(_one(await connection.fetchrow(UPDATE, workflow_id, name, description, list(tags))))
    except asyncpg.UniqueViolationError:
        raise name_taken(name) from None


async def free_name(connection: "Connection", wanted: str) -> str:
    """The wanted name, or the first free one of "name (2)", "name (3)", …; nobody else takes it meanwhile."""
    await connection.execute(LOCK_NAMES)
    taken = {row["name"] for row in await connection.fetch(TAKEN_NAMES, wanted)}
    name, number = wanted, 1
    while name.lower() in taken:
        number += 1
        name = f"{wanted} ({number})"
    return name


async def add_version(
    connection: "Connection", workflow: Workflow, graph: GraphText, note: str, creator: Creator, *, opened: bool = False
) -> Workflow:
    """The next numbered version of a locked workflow, closed or open for automatic saves."""
    version = workflow.latest_version + 1
    await connection.execute(
        INSERT_VERSION,
        workflow.id,
        version,
        graph.data,
        graph.sha256,
        graph.canonical_sha256,
        note,
        creator.kind,
        creator.id,
        creator.name,
        opened,
    )
    return _workflow(_one(await connection.fetchrow(COUNT_VERSION, workflow.id, version, 1)))


async def fold_save(
    connection: "Connection", workflow: Workflow, graph: GraphText, note: str, creator: Creator, *, stays_open: bool
) -> Workflow | None:
    """Puts a graph into the open latest version of a locked workflow; None when there is none of this creator."""
    version = workflow.latest_version
    saves = await connection.fetchval(
        FOLD,
        workflow.id,
        version,
        graph.data,
        graph.sha256,
        graph.canonical_sha256,
        note,
        stays_open,
        creator.kind,
        creator.id,
    )
    if saves is None:
        return None
    return _workflow(_one(await connection.fetchrow(COUNT_VERSION, workflow.id, version, saves)))


async def close_version(connection: "Connection", workflow_id: str, version: int) -> None:
    """From now on it never changes; what was read of it before is to be read again."""
    await connection.execute(CLOSE, workflow_id, version)


async def close_saved(connection: "Connection", workflow: Workflow, note: str, creator: Creator) -> bool:
    """Whether the latest version was open for this creator; it is closed now and bears the note."""
    arguments = (workflow.id, workflow.latest_version, note, creator.kind, creator.id)
    return await connection.fetchval(CLOSE_SAVED, *arguments) is not None


async def canonical_sha256(connection: "Connection", workflow: Workflow) -> str | None:
    """Of the latest draft; None before the first."""
    digest: str | None = await connection.fetchval(CANONICAL, workflow.id, workflow.latest_version)
    return digest


async def find_version(connection: "Connection", workflow_id: str, version: int) -> Version | None:
    """One version with its graph."""
    row = await connection.fetchrow(SELECT_VERSION, workflow_id, version)
    return _version(row, row["graph"]) if row else None


async def list_versions(connection: "Connection", workflow_id: str, before: int | None, limit: int) -> list[Version]:
    """Newest first, without graphs."""
    return [_version(row) for row in await connection.fetch(LIST_VERSIONS, workflow_id, before, limit)]


async def publish(connection: "Connection", workflow_id: str, version: int) -> Workflow:
    """Makes the version of a locked workflow the published one."""
    await connection.execute(MARK_PUBLISHED, workflow_id, version)
    return _workflow(_one(await connection.fetchrow(PUBLISH, workflow_id, version)))


async def set_note(connection: "Connection", workflow_id: str, version: int, note: str) -> None:
    """Says of a version what its publisher says of it."""
    await connection.execute(SET_NOTE, workflow_id, version, note)


async def find_graph(connection: "Connection", sha256: str) -> bytes | None:
    """The bytes of any version with this hash."""
    graph: bytes | None = await connection.fetchval(SELECT_GRAPH, sha256)
    return graph


def _one(row: asyncpg.Record | None) -> asyncpg.Record:
    if row is None:
        raise LookupError("a row that was locked in this transaction has gone")
    return row


def _workflow(row: asyncpg.Record) -> Workflow:
    return Workflow(
        id=row["id"],
        name=row["name"],
        description=row["description"],
        tags=tuple(row["tags"]),
        latest_version=row["latest_version"],
        latest_saves=row["latest_saves"],
        published_version=row["published_version"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        creator=_creator(row),
    )


def _version(row: asyncpg.Record, graph: bytes = b"") -> Version:
    return Version(
        version=row["version"],
        note=row["note"],
        created_at=row["created_at"],
        creator=_creator(row),
        published_at=row["published_at"],
        published=row["published"],
        sha256=row["sha256"],
        saves=row["saves"],
        saved_at=row["saved_at"],
        open=row["open"],
        graph=graph,
    )


def _creator(row: asyncpg.Record) -> Creator:
    return Creator(row["creator_kind"], row["creator_id"], row["creator_name"])
