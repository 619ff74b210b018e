"""Triggers, their executions and held fires in a test's database, without the services that own them."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import asyncpg

from services.kit.ids import new_id
from services.scheduler.outcomes.release import Release, Released
from tests.conftest import HubDatabase

if TYPE_CHECKING:
    from services.kit.postgres import Connection

HELD_TABLE = """CREATE TABLE automation.held (
 id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, trigger_id uuid NOT NULL, execution_id uuid, settled boolean
  NOT NULL DEFAULT false);
 GRANT ALL ON automation.held TO exekra_automation"""
HOLD = "INSERT INTO held (trigger_id) VALUES ($1)"
SUBMIT = """INSERT INTO execution (id, workflow_id, workflow_name, version, graph_sha256, demand_id, mode,
 lease_seconds, trigger_id, actor_kind, ready_at, dispatch_at)
 VALUES ($1, $2, 'Rates', 1, '', 1, 'SCHEDULED', 60, $3, 'trigger', now(), now())"""


async def add_held_table(database: HubDatabase) -> None:
    """Where the tests' kind of trigger keeps its held fires."""
    connection = await asyncpg.connect(database.admin_dsn)
    try:
        await connection.execute(HELD_TABLE)
    finally:
        await connection.close()


async def add_trigger(connection: "Connection", name: str = "Nightly", kind: str = "SCHEDULE") -> str:
    """The id of a new enabled trigger with a workflow of its own."""
    workflow_id, trigger_id = new_id(), new_id()
    await connection.execute(
        """INSERT INTO workflow (id, name, creator_kind, creator_id, creator_name)
         VALUES ($1, $2, 'user', 'u', 'Ada')""",
        workflow_id,
        f"Workflow {workflow_id}",
    )
    await connection.execute(
        """INSERT INTO trigger (id, kind, workflow_id, name, enabled, creator_kind, creator_id, creator_name)
         VALUES ($1, $2, $3, $4, true, 'user', 'u', 'Ada')""",
        trigger_id,
        kind,
        workflow_id,
        name,
    )
    return trigger_id


async def submit(connection: "Connection", trigger_id: str | None) -> str:
    """The id of a new queued execution."""
    execution_id = new_id()
    await connection.execute(SUBMIT, execution_id, new_id(), trigger_id)
    return execution_id


async def step(connection: "Connection", execution_id: str, event: str, status: str, **more: Any) -> None:
    """One step of the lifecycle; the table's own guard checks it."""
    ended = status in ("COMPLETED", "FAILED", "STOPPED", "LOST")
    failure = more.get("failure")
    await connection.execute(
        """UPDATE execution SET status = $2, event = $3, completed_at = CASE WHEN $4 THEN now() END,
         failure = $5, failure_code = $6 WHERE id = $1""",
        execution_id,
        status,
        event,
        ended,
        json.dumps(failure).encode() if failure else None,
        failure["code"] if failure else None,
    )


async def run(connection: "Connection", execution_id: str) -> None:
    """It begins."""
    await step(connection, execution_id, "CLAIM", "ASSIGNED")
    await step(connection, execution_id, "ACKNOWLEDGE", "RUNNING")


async def fail(connection: "Connection", execution_id: str, message: str = "Boom", code: str = "HTTP_STATUS") -> None:
    """It begins and fails."""
    await run(connection, execution_id)
    failure = {"code": code, "message": message, "nodeId": "n1", "retryable": False, "details": {}}
    await step(connection, execution_id, "FINISH_FAILED", "FAILED", failure=failure)


async def complete(connection: "Connection", execution_id: str) -> None:
    """It begins and ends well."""
    await run(connection, execution_id)
    await step(connection, execution_id, "FINISH_OK", "COMPLETED")


class HeldFires:
    """Releases rows of `held`: one for a probe, all (up to the maximum) otherwise."""

    async def find_holding(self, connection: "Connection", trigger_ids: Sequence[str]) -> set[str]:
        """See `Releaser`."""
        rows = await connection.fetch(
            "SELECT DISTINCT trigger_id FROM held WHERE NOT settled AND trigger_id = ANY ($1::uuid[])", trigger_ids
        )
        return {str(row["trigger_id"]) for row in rows}

    async def release(self, connection: "Connection", trigger_id: str, wanted: Release) -> Released:
        """See `Releaser`."""
        limit = 1 if wanted.probe else wanted.maximum
        rows = await connection.fetch(
            """SELECT id FROM held WHERE trigger_id = $1 AND NOT settled ORDER BY id LIMIT $2
             FOR UPDATE SKIP LOCKED""",
            trigger_id,
            limit,
        )
        made = []
        for row in rows:
            execution_id = await submit(connection, trigger_id)
            await connection.execute(
                "UPDATE held SET settled = true, execution_id = $2 WHERE id = $1", row["id"], execution_id
            )
            made.append(execution_id)
        if wanted.last and not wanted.probe:
            await connection.execute("UPDATE held SET settled = true WHERE trigger_id = $1 AND NOT settled", trigger_id)
        left = await connection.fetchval("SELECT count(*) FROM held WHERE trigger_id = $1 AND NOT settled", trigger_id)
        return Released(made, more=left > 0)
