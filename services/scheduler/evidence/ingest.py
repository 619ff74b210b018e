"""Stores what runners report, inside the transaction that answers them: two statements whatever the batch holds.

Owns the rows of `attempt_evidence`, `node_run` and `log_block`. Whether an attempt's status changes is decided
elsewhere; evidence of an attempt is welcome for seven days after its end.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.scheduler.evidence.blocks import Block, pack, unpack
from services.scheduler.evidence.folding import RunChange, continuation, fold, merge_batches
from services.scheduler.evidence.model import LogLine, ReportedBatch
from services.scheduler.evidence.notices import Notice, notices_in, tell_notices

if TYPE_CHECKING:
    import asyncpg

    from services.kit.postgres import Connection

ACCEPTED_AFTER_END = "7 days"
TAIL_BLOCKS = 16
"""So many blocks that are not full are merged at the next report."""

RESERVE = f"""INSERT INTO attempt_evidence (attempt_id, execution_id)
SELECT a.id, a.execution_id
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS given (attempt_id, execution_id, runner_id)
  JOIN attempt a ON a.id = given.attempt_id AND a.execution_id = given.execution_id AND a.runner_id = given.runner_id
 WHERE a.ended_at IS NULL OR a.ended_at > now() - interval '{ACCEPTED_AFTER_END}'
 ORDER BY a.id
    ON CONFLICT (attempt_id) DO UPDATE SET transaction_id = pg_current_xact_id()
RETURNING attempt_id::text AS attempt_id, node_seq, log_seq, tail_seq, tail_blocks"""  # noqa: S608 - a constant

TAKE_TAILS = """DELETE FROM log_block b USING unnest($1::uuid[], $2::bigint[]) AS tail (attempt_id, seq)
 WHERE b.attempt_id = tail.attempt_id AND b.first_seq >= tail.seq
RETURNING b.attempt_id::text AS attempt_id, b.lines"""

STORE = """WITH stored_runs AS (
    INSERT INTO node_run (attempt_id, seq, event_seq, node_id, node_type, path, try_number, status, started_at,
                          completed_at, duration_seconds, input, output, failure, port, variables)
    SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bytea[], $7::integer[],
                         $8::text[], $9::timestamptz[], $10::timestamptz[], $11::float8[], $12::bytea[], $13::bytea[],
                         $14::bytea[], $25::text[], $26::bytea[])
        ON CONFLICT (attempt_id, seq) DO UPDATE SET
           event_seq = excluded.event_seq, try_number = excluded.try_number, status = excluded.status,
           started_at = coalesce(node_run.started_at, excluded.started_at), completed_at = excluded.completed_at,
           duration_seconds = excluded.duration_seconds,
           input = CASE WHEN excluded.input = '' THEN node_run.input ELSE excluded.input END,
           output = excluded.output, failure = excluded.failure, port = excluded.port, variables = excluded.variables
         WHERE node_run.event_seq < excluded.event_seq
), stored_blocks AS (
    INSERT INTO log_block (day, attempt_id, first_seq, last_seq, levels, lines)
    SELECT utc_today(), block.*
      FROM unnest($15::uuid[], $16::bigint[], $17::bigint[], $18::smallint[], $19::bytea[]) AS block
)
UPDATE attempt_evidence e SET node_seq = held.node_seq, log_seq = held.log_seq, tail_seq = held.tail_seq,
       tail_blocks = held.tail_blocks
  FROM unnest($20::uuid[], $21::bigint[], $22::bigint[], $23::bigint[], $24::integer[])
       AS held (attempt_id, node_seq, log_seq, tail_seq, tail_blocks)
 WHERE e.attempt_id = held.attempt_id"""


@dataclass(slots=True)
class _Held:
    """What the Hub holds of one attempt, and what a report adds."""

    attempt_id: str
    node_seq: int
    log_seq: int
    tail_seq: int
    tail_blocks: int
    changes: Sequence[RunChange] = ()
    lines: Sequence[LogLine] = ()
    blocks: Sequence[Block] = ()

    def close_tail(self, merged: bool) -> None:
        """Counts the new blocks into the tail; a full one ends it."""
        if merged:
            self.tail_blocks = 0
        for block in self.blocks:
            if block.full:
                self.tail_seq, self.tail_blocks = block.last_seq + 1, 0
            else:
                self.tail_seq = self.tail_seq if self.tail_blocks else block.first_seq
                self.tail_blocks += 1


async def store_reports(connection: "Connection", batches: Sequence[ReportedBatch]) -> Mapping[str, tuple[int, int]]:
    """Stores what is new and answers, by attempt id, the highest (node, log) sequence held without a hole.

    An attempt that is unknown, another runner's, or over for more than seven days is missing in the answer. Repeats
    change nothing. Call it in a transaction, after the locks on executions and attempts.
    """
    reported = merge_batches([batch for batch in batches if batch.node_events or batch.log_lines])
    if not reported:
        return {}
    rows = await connection.fetch(
        RESERVE,
        list(reported),
        [batch.execution_id for batch in reported.values()],
        [batch.runner_id for batch in reported.values()],
    )
    all_held = [_Held(**dict(row)) for row in rows]
    notices: list[Notice] = []
    for held in all_held:
        batch = reported[held.attempt_id]
        events = continuation(held.node_seq, batch.node_events)
        held.lines = continuation(held.log_seq, batch.log_lines)
        held.changes = fold(events)
        notices += notices_in(batch.execution_id, events)
        held.node_seq += len(events)
        held.log_seq += len(held.lines)
    changed = [held for held in all_held if held.changes or held.lines]
    if changed:
        await _pack_lines(connection, [held for held in changed if held.lines])
        await _store(connection, changed)
    await tell_notices(connection, notices)
    return {held.attempt_id: (held.node_seq, held.log_seq) for held in all_held}


async def _pack_lines(connection: "Connection", logged: Sequence[_Held]) -> None:
    merging = [held for held in logged if held.tail_blocks >= TAIL_BLOCKS]
    tails: dict[str, list[LogLine]] = defaultdict(list)
    if merging:
        taken: list[asyncpg.Record] = await connection.fetch(
            TAKE_TAILS, [held.attempt_id for held in merging], [held.tail_seq for held in merging]
        )
        for row in taken:
            tails[row["attempt_id"]].extend(unpack(row["lines"]))
    for held in logged:
        merged = held in merging
        held.blocks = pack([*sorted(tails[held.attempt_id]), *held.lines] if merged else held.lines)
        held.close_tail(merged)


async def _store(connection: "Connection", changed: Sequence[_Held]) -> None:
    runs = [(held.attempt_id, run) for held in changed for run in held.changes]
    blocks = [(held.attempt_id, block) for held in changed for block in held.blocks]
    await connection.execute(
        STORE,
        [attempt_id for attempt_id, _ in runs],
        [run.seq for _, run in runs],
        [run.event_seq for _, run in runs],
        [run.node_id for _, run in runs],
        [run.node_type for _, run in runs],
        [run.path for _, run in runs],
        [run.try_number for _, run in runs],
        [run.status for _, run in runs],
        [run.started_at for _, run in runs],
        [run.completed_at for _, run in runs],
        [run.duration_seconds for _, run in runs],
        [run.input for _, run in runs],
        [run.output for _, run in runs],
        [run.failure for _, run in runs],
        [attempt_id for attempt_id, _ in blocks],
        [block.first_seq for _, block in blocks],
        [block.last_seq for _, block in blocks],
        [block.levels for _, block in blocks],
        [block.lines for _, block in blocks],
        [held.attempt_id for held in changed],
        [held.node_seq for held in changed],
        [held.log_seq for held in changed],
        [held.tail_seq for held in changed],
        [held.tail_blocks for held in changed],
        [run.port for _, run in runs],
        [run.variables for _, run in runs],
    )
