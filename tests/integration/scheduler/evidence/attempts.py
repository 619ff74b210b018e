"""Executions that have begun, made without a runner: evidence needs somebody it belongs to."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.kit.ids import new_id

if TYPE_CHECKING:
    from services.kit.postgres import Pool

INSERT_RUNNER = "INSERT INTO runner (id, name) VALUES ($1, $2)"
INSERT_EXECUTION = """INSERT INTO execution (id, workflow_id, workflow_name, version, graph_sha256, demand_id, mode,
 lease_seconds, actor_kind) VALUES ($1, $2, 'Demo', 1, 'x', 1, 'SCHEDULED', 100, 'system')"""
INSERT_ATTEMPT = """INSERT INTO attempt (id, execution_id, attempt_no, run_attempt, runner_id, slot, epoch,
 offer_expires_at, lease_seconds, acknowledged_at) VALUES ($1, $2, $3, $3, $4, 0, 1, now(), 100, now())"""
BEGIN = """UPDATE execution SET status = 'ASSIGNED', event = 'CLAIM', attempt_id = $2, attempt_no = $3, runner_id = $4,
 assigned_at = now() WHERE id = $1"""
RUN = "UPDATE execution SET status = 'RUNNING', event = 'ACKNOWLEDGE', started_at = now() WHERE id = $1"


@dataclass(frozen=True)
class Begun:
    execution_id: str
    attempt_id: str
    runner_id: str


async def begin(pool: "Pool") -> Begun:
    """An execution RUNNING on a runner of its own."""
    begun = Begun(new_id(), new_id(), new_id())
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(INSERT_RUNNER, begun.runner_id, f"runner {begun.runner_id}")
        await connection.execute(INSERT_EXECUTION, begun.execution_id, new_id())
        await connection.execute(INSERT_ATTEMPT, begun.attempt_id, begun.execution_id, 1, begun.runner_id)
        await connection.execute(BEGIN, begun.execution_id, begun.attempt_id, 1, begun.runner_id)
        await connection.execute(RUN, begun.execution_id)
    return begun


async def end(pool: "Pool", begun: Begun, days: int) -> None:
    statement = """UPDATE execution SET status = 'COMPLETED', event = 'FINISH_OK',
     created_at = now() - $2 * interval '1 day',
     completed_at = now() - $2 * interval '1 day' WHERE id = $1"""
    await pool.execute(statement, begun.execution_id, days)
