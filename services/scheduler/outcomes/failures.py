"""Failures grouped by what went wrong: how often, in which workflows, and the latest of each to look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from services.scheduler.executions.model import Failure
from services.scheduler.executions.repository.outcomes import load_failure

if TYPE_CHECKING:
    from services.kit.postgres import Connection

LOOKED_AT = 100_000
"""Of more failures in a range only the newest are grouped; the answer says so."""
WORKFLOWS_SHOWN = 10
GROUPS = """WITH failed AS (
  SELECT fingerprint, workflow_id, completed_at FROM execution
   WHERE fingerprint IS NOT NULL AND completed_at >= $1 AND completed_at < $2 AND ($3::uuid IS NULL OR workflow_id = $3)
   ORDER BY completed_at DESC LIMIT $4
 ), per_workflow AS (
  SELECT fingerprint, workflow_id, count(*) AS count, min(completed_at) AS first_at, max(completed_at) AS last_at
    FROM failed GROUP BY fingerprint, workflow_id
 ), grouped AS (
  SELECT fingerprint, sum(count)::bigint AS count, min(first_at) AS first_at, max(last_at) AS last_at,
         (array_agg(workflow_id ORDER BY count DESC, workflow_id))[:$6] AS workflow_ids,
         (array_agg(count ORDER BY count DESC, workflow_id))[:$6] AS counts
    FROM per_workflow GROUP BY fingerprint
 )
 SELECT g.*, (SELECT sum(count)::bigint FROM grouped) AS failures, e.id AS latest_id, e.failure, e.failure_code
   FROM (SELECT * FROM grouped ORDER BY count DESC, last_at DESC, fingerprint LIMIT $5) g
  CROSS JOIN LATERAL (SELECT e.id, e.failure, e.failure_code FROM execution e
    WHERE e.completed_at = g.last_at AND e.fingerprint = g.fingerprint ORDER BY e.id LIMIT 1) e
  ORDER BY g.count DESC, g.last_at DESC, g.fingerprint"""
NAMES = "SELECT id, name FROM workflow WHERE id = ANY ($1::uuid[])"


@dataclass(frozen=True, slots=True)
class FailingWorkflow:
    """How often it failed in this way."""

    id: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Failures that are alike; `failure` is that of the latest one. At most ten workflows, the most frequent first."""

    fingerprint: str
    failure: Failure
    count: int
    first_at: datetime
    last_at: datetime
    latest_execution_id: str
    workflows: Sequence[FailingWorkflow]


@dataclass(frozen=True, slots=True)
class Failures:
    """The groups of a range, the most frequent first; `is_whole` is false when only the newest were looked at."""

    groups: Sequence[FailureGroup]
    count: int
    is_whole: bool


async def group_failures(
    connection: "Connection",
    first: datetime,
    last: datetime,
    workflow_id: str | None,
    limit: int,
    looked_at: int = LOOKED_AT,
) -> Failures:
    """Of executions that failed from `first` on and before `last`, the newest `looked_at` of them."""
    rows = await connection.fetch(GROUPS, first, last, workflow_id, looked_at, limit, WORKFLOWS_SHOWN)
    if not rows:
        return Failures((), 0, is_whole=True)
    ids = {each for row in rows for each in row["workflow_ids"]}
    names = {row["id"]: row["name"] for row in await connection.fetch(NAMES, list(ids))}
    groups = [
        FailureGroup(
            fingerprint=row["fingerprint"],
            failure=load_failure(row["failure"]) or Failure(row["failure_code"] or "", ""),
            count=row["count"],
            first_at=row["first_at"],
            last_at=row["last_at"],
            latest_execution_id=str(row["latest_id"]),
            workflows=[
                FailingWorkflow(str(workflow), names.get(workflow, ""), count)
                for workflow, count in zip(row["workflow_ids"], row["counts"], strict=True)
            ],
        )
        for row in rows
    ]
    count: int = rows[0]["failures"]
    return Failures(groups, count, is_whole=count < looked_at)
