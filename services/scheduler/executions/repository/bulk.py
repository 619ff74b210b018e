"""SQL that stores many new executions in one statement; guard and history work row by row as for a single one."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from services.scheduler.continuations import repository as continuations
from services.scheduler.executions.model import Launch
from services.scheduler.executions.repository.submission import Demands

if TYPE_CHECKING:
    from services.kit.postgres import Connection

INSERT_MANY = """INSERT INTO execution (id, workflow_id, workflow_name, version, graph_sha256, demand_id, mode,
 priority, inputs, on_lost, lease_seconds, max_attempts, backoff_seconds, timeout_seconds, queue_timeout_seconds,
 concurrency_key, concurrency_limit, dedupe_key, trigger_id, actor_kind, actor_id, actor_name, ready_at)
 SELECT l.*, now() FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::integer[], $5::text[], $6::bigint[], $7::text[],
  $8::smallint[], $9::bytea[], $10::text[], $11::float8[], $12::integer[], $13::float8[], $14::float8[], $15::float8[],
  $16::text[], $17::integer[], $18::text[], $19::uuid[], $20::text[], $21::text[], $22::text[]) AS l
 ON CONFLICT (workflow_id, dedupe_key) WHERE dedupe_held DO NOTHING RETURNING id::text"""
DEDUPE_HOLDERS = """SELECT DISTINCT ON (e.workflow_id, e.dedupe_key) e.workflow_id::text AS workflow_id, e.dedupe_key,
  e.id::text AS id
  FROM execution e JOIN unnest($1::uuid[], $2::text[]) AS k (workflow_id, dedupe_key)
    ON e.workflow_id = k.workflow_id AND e.dedupe_key = k.dedupe_key
 WHERE e.dedupe_held"""


async def insert_many(connection: "Connection", demands: Demands, launches: Sequence[Launch]) -> Mapping[str, str]:
    """Stores the launches as QUEUED; answers, by the id of each launch, the execution that stands for it now.

    That is the launch itself, or the one that holds its deduplication key. A launch whose key's holder ended in this
    moment is missing: ask again. Launches are scheduled, of published versions, and may begin at once.
    """
    if not launches:
        return {}
    rows = await connection.fetch(
        INSERT_MANY,
        [each.id for each in launches],
        [each.workflow_id for each in launches],
        [each.workflow_name for each in launches],
        [each.version for each in launches],
        [each.graph_sha256 for each in launches],
        [await demands.find(connection, each.demand) for each in launches],
        [each.demand.mode for each in launches],
        [each.priority for each in launches],
        [each.inputs for each in launches],
        [each.on_lost for each in launches],
        [each.lease_seconds for each in launches],
        [each.max_attempts for each in launches],
        [each.backoff_seconds for each in launches],
        [each.timeout_seconds for each in launches],
        [each.queue_timeout_seconds for each in launches],
        [each.concurrency_key for each in launches],
        [each.concurrency_limit for each in launches],
        [each.dedupe_key for each in launches],
        [each.trigger_id for each in launches],
        [each.actor.kind for each in launches],
        [each.actor.id for each in launches],
        [each.actor.name for each in launches],
    )
    stored = {row["id"]: row["id"] for row in rows}
    for each in launches:
        if each.continuation is not None and each.id in stored:
            await continuations.insert(connection, each.id, each.continuation)
    merged = [each for each in launches if each.id not in stored]
    if merged:
        holders = {
            (row["workflow_id"], row["dedupe_key"]): row["id"]
            for row in await connection.fetch(
                DEDUPE_HOLDERS, [each.workflow_id for each in merged], [each.dedupe_key for each in merged]
            )
        }
        keys = {each.id: (each.workflow_id, each.dedupe_key) for each in merged}
        stored |= {launch_id: holders[key] for launch_id, key in keys.items() if key in holders}
    return stored
