"""Counts ends of executions into buckets of five minutes, so that a dashboard never counts history itself.

Reads the history as a stream: steps below the snapshot's xmin, each exactly once, the position moved in the transaction
that counts. The way of an execution pays nothing; a process killed in the middle has counted nothing.
"""

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.kit.postgres import Pool

STEPS_AT_ONCE = 10_000
LOCK_POSITION = (
    "SELECT transaction_id::text AS xid, execution_id, seq FROM outcome_tally_position FOR UPDATE SKIP LOCKED"
)
READ_STEPS = """SELECT transaction_id::text AS xid, execution_id, seq, to_status, from_status,
 date_bin('5 minutes', at, '2000-01-01T00:00Z') AS begins_at
 FROM execution_event
 WHERE (transaction_id, execution_id, seq) > ($1::text::xid8, $2::uuid, $3::integer)
  AND transaction_id < pg_snapshot_xmin(pg_current_snapshot())
 ORDER BY transaction_id, execution_id, seq LIMIT $4"""
COUNT = """INSERT INTO outcome_tally (begins_at, status, count)
 SELECT * FROM unnest($1::timestamptz[], $2::text[], $3::bigint[]) ORDER BY 1, 2
 ON CONFLICT (begins_at, status) DO UPDATE SET count = outcome_tally.count + excluded.count"""
MOVE = "UPDATE outcome_tally_position SET transaction_id = $1::text::xid8, execution_id = $2, seq = $3"
FORGET = "DELETE FROM outcome_tally WHERE begins_at < now() - interval '400 days'"
ENDS = frozenset({"COMPLETED", "FAILED", "STOPPED", "LOST"})


class Tally:
    """`run_once` is one turn of a loop; only one process counts at a time."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool

    async def run_once(self) -> None:
        """Counts what happened since the last turn."""
        while await self._count() == STEPS_AT_ONCE:
            pass

    async def _count(self) -> int:
        async with self._pool.acquire() as connection, connection.transaction():
            position = await connection.fetchrow(LOCK_POSITION)
            if position is None:
                return 0
            steps = await connection.fetch(READ_STEPS, *position.values(), STEPS_AT_ONCE)
            if not steps:
                return 0
            ends = Counter(
                (step["begins_at"], step["to_status"])
                for step in steps
                if step["to_status"] in ENDS and step["to_status"] != step["from_status"]
            )
            if ends:
                begins, statuses = zip(*ends, strict=True)
                await connection.execute(COUNT, list(begins), list(statuses), list(ends.values()))
                await connection.execute(FORGET)
            last = steps[-1]
            await connection.execute(MOVE, last["xid"], last["execution_id"], last["seq"])
            return len(steps)
