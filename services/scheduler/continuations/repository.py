"""SQL of continuations: what an execution needs beside its graph and inputs, and the recorded runs it refers to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.scheduler.continuations.model import Continuation

if TYPE_CHECKING:
    from services.kit.postgres import Connection

INSERT = """INSERT INTO continuation (execution_id, source_attempt_id, nodes, variables, edits, calls, debug, globals,
 recorded_globals) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"""
SUSPEND = """INSERT INTO continuation (execution_id, source_attempt_id, variables, waits) VALUES ($1, $2, $3, $4)
 ON CONFLICT (execution_id) DO UPDATE SET source_attempt_id = excluded.source_attempt_id, nodes = NULL,
  variables = excluded.variables, waits = excluded.waits"""
OF_ATTEMPT = """SELECT c.source_attempt_id::text AS source_attempt_id, c.nodes, c.variables, c.waits, c.calls, c.debug,
  coalesce(c.frozen_globals, '{}') AS globals, c.execution_id::text AS execution_id
  FROM attempt a JOIN continuation c ON c.execution_id = a.execution_id
 WHERE a.id = $1 AND a.runner_id = $2 AND a.ended_at IS NULL"""
FROZEN_GLOBALS = "SELECT frozen_globals FROM continuation WHERE execution_id = $1"
EDITS = "SELECT edits FROM continuation WHERE execution_id = $1"
RECORDED = """SELECT DISTINCT ON (node_id) node_id, status, port, input, output, failure, variables FROM node_run
 WHERE attempt_id = $1 AND path = '[]' AND position('/' IN node_id) = 0 AND ($2::text[] IS NULL OR node_id = ANY ($2))
 ORDER BY node_id, seq DESC"""
WRITES = """SELECT node_id, status, output, variables FROM node_run
 WHERE attempt_id = $1 AND variables <> '' AND position('/' IN node_id) = 0 ORDER BY event_seq"""
DECIDED = """SELECT node_id, decision, timed_out, decided_at, decided_by_kind, decided_by_id, decided_by_name, comment
  FROM approval WHERE execution_id = $1 AND decision IS NOT NULL"""
LATEST_BEGUN = """SELECT id::text FROM attempt WHERE execution_id = $1 AND acknowledged_at IS NOT NULL
 ORDER BY attempt_no DESC LIMIT 1"""
GRAPH = """SELECT v.graph FROM execution e
 JOIN workflow_version v ON v.workflow_id = e.workflow_id AND v.version = e.version WHERE e.id = $1"""
HOLDER = """SELECT a.id::text AS attempt_id, a.runner_id::text AS runner_id, a.epoch, n.registry_address
 FROM execution e JOIN attempt a ON a.id = e.attempt_id JOIN runner_session n ON n.runner_id = a.runner_id
 WHERE e.id = $1 AND a.ended_at IS NULL AND a.acknowledged_at IS NOT NULL"""
NOW = "SELECT extract(epoch FROM now())::float8"
IS_RECORDED = """SELECT EXISTS (
  SELECT FROM attempt a JOIN continuation c ON c.execution_id = a.execution_id JOIN execution e ON e.id = a.execution_id
    JOIN artifact t ON t.id = $4 JOIN execution o ON o.id = t.execution_id AND o.workflow_id = e.workflow_id
   WHERE a.id = $1 AND a.runner_id = $2 AND a.ended_at IS NULL
     AND (position($3::bytea IN c.variables) > 0 OR EXISTS (
       SELECT FROM node_run n WHERE n.attempt_id = c.source_attempt_id AND position($3::bytea IN n.output) > 0)))"""


@dataclass(frozen=True, slots=True)
class Stored:
    """A continuation's row. Documents are JSON bytes."""

    execution_id: str
    source_attempt_id: str | None
    nodes: Sequence[str] | None
    variables: bytes
    waits: bytes
    calls: bytes
    debug: bytes | None
    globals: bytes


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """The last run of a node of the top level. `port` is empty where it decided nothing."""

    node_id: str
    status: str
    port: str
    input: bytes
    output: bytes
    failure: bytes
    variables: bytes


@dataclass(frozen=True, slots=True)
class Write:
    """What one node run wrote: `variables` is an object, or true where the output says it."""

    node_id: str
    status: str
    output: bytes
    variables: bytes


async def insert(connection: "Connection", execution_id: str, continuation: Continuation) -> None:
    """For a new execution, in the transaction that stores it."""
    await connection.execute(
        INSERT,
        execution_id,
        continuation.source_attempt_id,
        continuation.nodes,
        continuation.variables,
        continuation.edits,
        continuation.calls,
        continuation.debug,
        continuation.globals,
        continuation.recorded_globals,
    )


async def suspend(connection: "Connection", execution_id: str, attempt_id: str, variables: bytes, waits: bytes) -> None:
    """The execution goes on from what this attempt did; what it calls and who debugs it stays."""
    await connection.execute(SUSPEND, execution_id, attempt_id, variables, waits)


async def of_attempt(connection: "Connection", attempt_id: str, runner_id: str) -> Stored | None:
    """What a live attempt needs; None when it is not this runner's, over, or needs nothing."""
    row = await connection.fetchrow(OF_ATTEMPT, attempt_id, runner_id)
    return Stored(**dict(row)) if row else None


async def recorded_runs(
    connection: "Connection", attempt_id: str, nodes: Sequence[str] | None = None
) -> list[RecordedRun]:
    """What an attempt did at the top level: of these nodes, or of all."""
    return [RecordedRun(**dict(row)) for row in await connection.fetch(RECORDED, attempt_id, nodes)]


async def writes(connection: "Connection", attempt_id: str) -> list[Write]:
    """What an attempt wrote into the workflow's own variables, in order."""
    return [Write(**dict(row)) for row in await connection.fetch(WRITES, attempt_id)]


async def latest_begun(connection: "Connection", execution_id: str) -> str | None:
    """The attempt whose runs stand for the execution."""
    found: str | None = await connection.fetchval(LATEST_BEGUN, execution_id)
    return found


async def is_recorded(connection: "Connection", attempt_id: str, runner_id: str, artifact_id: str) -> bool:
    """Whether what a live attempt of this runner needs refers to the artifact, and it is of the same workflow."""
    return bool(await connection.fetchval(IS_RECORDED, attempt_id, runner_id, artifact_id.encode(), artifact_id))
