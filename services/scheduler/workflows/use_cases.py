"""What the rest of the scheduler asks of workflows: the version an execution would run now, ready to be launched."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from runner.workflow.graph import Settings
from runner.workflow.problems import has_errors
from services.kit.errors import DomainError
from services.scheduler.workflows.calls import Called, dump_calls, resolve_calls
from services.scheduler.workflows.errors import (
    graph_invalid,
    not_published,
    nothing_drafted,
    version_not_found,
    workflow_not_found,
)
from services.scheduler.workflows.model import Launchable
from services.scheduler.workflows.reading import read_version
from services.scheduler.workflows.repository import close_version

if TYPE_CHECKING:
    import asyncpg

    from services.kit.postgres import Connection

_LAUNCHABLE = """SELECT w.id::text AS id, w.name, v.version, v.sha256, v.open,
       (SELECT coalesce(array_agg(s.sha256 ORDER BY s.declared_at, s.sha256), '{}') FROM node_type_set s) AS sets
  FROM workflow w
  LEFT JOIN workflow_version v ON v.workflow_id = w.id
   AND v.version = CASE WHEN $2 THEN nullif(w.latest_version, 0) ELSE w.published_version END"""
FIND_LAUNCHABLE = f"{_LAUNCHABLE} WHERE w.id = $1 AND w.deleted_at IS NULL"
FIND_LAUNCHABLES = f"{_LAUNCHABLE} WHERE w.id = ANY ($1::uuid[]) AND w.deleted_at IS NULL"
FIND_VERSION = """SELECT w.id::text AS id, w.name, v.version, v.sha256, v.open, v.published_at IS NULL AS draft,
       (SELECT coalesce(array_agg(s.sha256 ORDER BY s.declared_at, s.sha256), '{}') FROM node_type_set s) AS sets
  FROM workflow w JOIN workflow_version v ON v.workflow_id = w.id AND v.version = $2
 WHERE w.id = $1 AND w.deleted_at IS NULL"""


async def load_launchable(connection: "Connection", workflow_id: str, draft: bool) -> Launchable:
    """The published version of a workflow, or its latest draft.

    Raises WORKFLOW_NOT_FOUND, NOT_PUBLISHED, NOT_DRAFTED, or GRAPH_INVALID for a draft with problems.
    """
    row = await connection.fetchrow(FIND_LAUNCHABLE, workflow_id, draft)
    if row is None:
        raise workflow_not_found()
    return await _launchable(connection, await _closed(connection, row), draft=draft)


async def load_version(connection: "Connection", workflow_id: str, version: int) -> tuple[Launchable, bool]:
    """One version, and whether it was never published. Raises VERSION_NOT_FOUND and what `load_launchable` raises."""
    row = await connection.fetchrow(FIND_VERSION, workflow_id, version)
    if row is None:
        raise version_not_found()
    return await _launchable(connection, await _closed(connection, row), draft=row["draft"]), row["draft"]


async def load_launchables(
    connection: "Connection", workflow_ids: Sequence[str]
) -> Mapping[str, Launchable | DomainError]:
    """The published versions of many workflows by id, or why one has none: what `load_launchable` raises."""
    found: dict[str, Launchable | DomainError] = dict.fromkeys(workflow_ids, workflow_not_found())
    for row in await connection.fetch(FIND_LAUNCHABLES, list(found), False):
        try:
            found[row["id"]] = await _launchable(connection, row, draft=False)
        except DomainError as error:
            found[row["id"]] = error
    return found


async def _closed(connection: "Connection", row: "asyncpg.Record") -> "asyncpg.Record":
    """What an execution runs never changes: an open draft takes no more automatic saves once somebody starts it."""
    if not row["open"]:
        return row
    await close_version(connection, row["id"], row["version"])
    closed = await connection.fetchrow(FIND_VERSION, row["id"], row["version"])
    if closed is None:
        raise workflow_not_found()
    return closed


async def _launchable(connection: "Connection", row: "asyncpg.Record", *, draft: bool) -> Launchable:
    if row["version"] is None:
        raise nothing_drafted(row["name"]) if draft else not_published(row["name"])
    reading = await read_version(connection, row["id"], row["version"], row["sha256"], row["sets"], judge=draft)
    if draft and has_errors(reading.problems or ()):
        raise graph_invalid(reading.problems or ())
    calls = await resolve_calls(connection, row["id"], reading.calls) if reading.calls else ()
    return Launchable(
        row["id"],
        row["name"],
        row["version"],
        row["sha256"],
        settings=_with_called(reading.settings, calls),
        inputs=reading.inputs,
        calls=dump_calls(calls) if calls else b"",
        globals=tuple(sorted(reading.globals.union(*(call.globals for call in calls)))),
    )


def _with_called(settings: Settings, calls: Sequence[Called]) -> Settings:
    """What the called workflows need of a runner is needed as well: they run inside the same attempt."""
    if not calls:
        return settings
    labels = {*settings.labels, *(label for call in calls for label in call.labels)}
    capabilities = {*settings.capabilities, *(name for call in calls for name in call.capabilities)}
    return replace(settings, labels=tuple(sorted(labels)), capabilities=tuple(sorted(capabilities)))
