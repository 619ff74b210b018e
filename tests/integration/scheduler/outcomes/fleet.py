"""A published workflow, runners with free seats, and runs in the past, in a test's database."""

import hashlib
import json
from datetime import datetime
from typing import TYPE_CHECKING

from services.kit.ids import new_id

if TYPE_CHECKING:
    from services.kit.postgres import Connection

RUN = """INSERT INTO execution (id, workflow_id, workflow_name, version, graph_sha256, demand_id, mode, status, event,
 lease_seconds, runner_id, actor_kind, created_at, ready_at, dispatch_at, started_at, completed_at)
 VALUES ($1, $2, 'Rates', 1, '', 1, 'SCHEDULED', 'COMPLETED', 'FINISH_OK', 60, $3, 'user', $4::timestamptz, $4, $4,
  $4::timestamptz + make_interval(secs => $5::float8),
  $4::timestamptz + make_interval(secs => $5::float8 + $6::float8))"""


async def publish(connection: "Connection", *, labels: tuple[str, ...] = (), published: bool = True) -> str:
    """The id of a new workflow that asks for these labels."""
    workflow_id = new_id()
    settings = {"requirements": {"labels": list(labels)}}
    nodes = [{"id": "start", "type": "control.start"}]
    graph = json.dumps({"schemaVersion": 1, "settings": settings, "nodes": nodes, "edges": []}).encode()
    digest = hashlib.sha256(graph + workflow_id.encode()).hexdigest()
    await connection.execute(
        """INSERT INTO workflow (id, name, latest_version, creator_kind, creator_id, creator_name)
         VALUES ($1, 'Workflow ' || gen_random_uuid(), 1, 'user', 'u', 'Ada')""",
        workflow_id,
    )
    await connection.execute(
        """INSERT INTO workflow_version (workflow_id, version, graph, sha256, canonical_sha256, creator_kind,
         creator_id, creator_name) VALUES ($1, 1, $2, $3, $3, 'user', 'u', 'Ada')""",
        workflow_id,
        graph,
        digest,
    )
    if published:
        await connection.execute("UPDATE workflow SET published_version = 1 WHERE id = $1", workflow_id)
    return workflow_id


async def connect_runner(connection: "Connection", *, slots: int = 1, labels: tuple[str, ...] = ()) -> str:
    """The id of a runner that was seen just now."""
    runner_id = new_id()
    await connection.execute(
        "INSERT INTO runner (id, name, slots, labels) VALUES ($1, 'Runner', $2, $3)", runner_id, slots, list(labels)
    )
    await connection.execute(
        """INSERT INTO runner_session (runner_id, epoch, session_id, boot_id, registry_address, poll_open)
         VALUES ($1, 1, $1, 'b', 'unix:', true)""",
        runner_id,
    )
    await connection.execute(
        "INSERT INTO seat (runner_id, slot) SELECT $1::uuid, generate_series(0, $2::integer - 1)", runner_id, slots
    )
    return runner_id


async def add_run(
    connection: "Connection", workflow_id: str, runner_id: str, at: datetime, *, waited: float, took: float
) -> None:
    """A completed execution submitted then; the guard of the lifecycle is not asked."""
    async with connection.transaction():
        await connection.execute(RUN, new_id(), workflow_id, runner_id, at, waited, took)
