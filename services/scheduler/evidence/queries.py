"""Reads evidence: node runs, log lines, artifacts of one execution."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.scheduler.evidence.blocks import BLOCK_LINES, mask_from, unpack_holding
from services.scheduler.evidence.model import Artifact, LogLine, NodeRun, NodeRunStatus

if TYPE_CHECKING:
    import asyncpg

    from services.kit.postgres import Connection

PAGE_BYTES = 8 * 1024 * 1024
"""A page of node runs ends earlier than its limit when their inputs and outputs are large."""
BLOCKS_AT_ONCE = 20
SCANNED_BLOCKS = 200
"""A search answers after so many blocks (100,000 lines) with a cursor, whatever it found."""

EXECUTION_EXISTS = "SELECT EXISTS (SELECT FROM execution WHERE id = $1)"
FIND_ATTEMPT = """SELECT id, attempt_no FROM attempt
 WHERE execution_id = $1 AND CASE WHEN $2 = 0 THEN acknowledged_at IS NOT NULL ELSE attempt_no = $2 END
 ORDER BY attempt_no DESC LIMIT 1"""
LIST_NODE_RUNS = """SELECT * FROM (
    SELECT seq, node_id, node_type, path, try_number, status, started_at, completed_at, duration_seconds, input, output,
           failure, port, variables, sum(octet_length(input) + octet_length(output)) OVER (ORDER BY seq) AS bytes,
           row_number() OVER (ORDER BY seq) AS number
      FROM node_run WHERE attempt_id = $1 AND seq > $2 ORDER BY seq LIMIT $3) AS page
 WHERE bytes <= $4 OR number = 1"""
LIST_BLOCKS = """SELECT last_seq, lines FROM log_block
 WHERE attempt_id = $1 AND last_seq > $2 AND levels & $3 <> 0 ORDER BY first_seq LIMIT $4"""
LAST_LINE = """SELECT coalesce(
 (SELECT last_seq FROM log_block WHERE attempt_id = $1 ORDER BY first_seq DESC LIMIT 1), 0)"""
_ARTIFACT = """id::text AS id, execution_id::text AS execution_id, attempt_id::text AS attempt_id,
 runner_id::text AS runner_id, node_id, name, media_type, size, sha256, created_at, stored_at IS NOT NULL AS stored"""
LIST_ARTIFACTS = f"""SELECT {_ARTIFACT} FROM artifact
 WHERE execution_id = $1 AND stored_at IS NOT NULL ORDER BY created_at, id LIMIT 1000"""  # noqa: S608 - a constant
FIND_ARTIFACT = f"SELECT {_ARTIFACT} FROM artifact WHERE id = $1"  # noqa: S608 - a constant


@dataclass(frozen=True, slots=True)
class LogPage:
    """Lines that fit, and the sequence number to go on after; None when the end was reached."""

    lines: Sequence[LogLine]
    next_after: int | None


async def find_attempt(connection: "Connection", execution_id: str, attempt_no: int) -> tuple[str, int] | None:
    """Id and number of an attempt; 0 means the latest that began. None when there is none."""
    row = await connection.fetchrow(FIND_ATTEMPT, execution_id, attempt_no)
    return (str(row["id"]), row["attempt_no"]) if row else None


async def list_node_runs(
    connection: "Connection", attempt: tuple[str, int], after: int, limit: int
) -> tuple[list[NodeRun], bool]:
    """Node runs after a sequence number, at most `limit` and about 8 MiB; True when there are more."""
    attempt_id, attempt_no = attempt
    rows = await connection.fetch(LIST_NODE_RUNS, attempt_id, after, limit + 1, PAGE_BYTES)
    runs = [_node_run(row, attempt_no) for row in rows[:limit]]
    if len(rows) > limit:
        return runs, True
    # The page may have ended by its bytes: then one more row tells.
    more = bool(runs) and bool(await connection.fetch(LIST_NODE_RUNS, attempt_id, runs[-1].seq, 1, PAGE_BYTES))
    return runs, more


async def list_log_lines(
    connection: "Connection", attempt_id: str, after: int, limit: int, *, level: int = 0, text: str = ""
) -> LogPage:
    """Lines after a sequence number, of a level and above, that contain the text whatever its case."""
    found: list[LogLine] = []
    wanted, mask = text.casefold(), mask_from(level)
    # Lines without a filter are in the first blocks; what is searched for may be anywhere.
    scanned, at_once = 0, BLOCKS_AT_ONCE if wanted or level else 2 + limit // BLOCK_LINES
    while scanned < SCANNED_BLOCKS:
        blocks = await connection.fetch(LIST_BLOCKS, attempt_id, after, mask, at_once)
        found += await asyncio.to_thread(_matching, [block["lines"] for block in blocks], after, level, wanted)
        if len(found) > limit:
            return LogPage(found[:limit], found[limit - 1].seq)
        if len(blocks) < at_once:
            return LogPage(found, None)
        after = blocks[-1]["last_seq"]
        scanned, at_once = scanned + at_once, BLOCKS_AT_ONCE
    return LogPage(found, after)


async def last_line(connection: "Connection", attempt_id: str) -> int:
    """Sequence number of the last line that is stored; 0 when there is none."""
    return int(await connection.fetchval(LAST_LINE, attempt_id))


async def list_artifacts(connection: "Connection", execution_id: str) -> list[Artifact]:
    """Complete ones, oldest first."""
    return [_artifact(row) for row in await connection.fetch(LIST_ARTIFACTS, execution_id)]


async def find_artifact(connection: "Connection", artifact_id: str) -> Artifact | None:
    """Also one that is not complete yet."""
    row = await connection.fetchrow(FIND_ARTIFACT, artifact_id)
    return _artifact(row) if row else None


def _matching(blocks: Sequence[bytes], after: int, level: int, wanted: str) -> list[LogLine]:
    return [
        line
        for block in blocks
        for line in unpack_holding(block, wanted)
        if line.seq > after and line.level >= level and (not wanted or wanted in line.message.casefold())
    ]


def _node_run(row: "asyncpg.Record", attempt_no: int) -> NodeRun:
    return NodeRun(
        seq=row["seq"],
        node_id=row["node_id"],
        node_type=row["node_type"],
        path=row["path"],
        attempt_no=attempt_no,
        try_number=row["try_number"],
        status=NodeRunStatus(row["status"]),
        started_at=row["started_at"],
        completed_at=row["completed_at"],
        duration_seconds=row["duration_seconds"],
        input=row["input"],
        output=row["output"],
        failure=row["failure"],
        port=row["port"],
        variables=row["variables"],
    )


def _artifact(row: "asyncpg.Record") -> Artifact:
    return Artifact(**dict(row))
