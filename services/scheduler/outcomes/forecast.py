"""How long fires to come would wait for a runner: an estimate from what happened at the same times of earlier weeks.

History knows what no calculation does: webhooks, people, how long work really takes. What it cannot know are schedules
made since; those whose next fire falls into the same minute are counted beside it. Every figure says from how many runs
it is, and the cost is bounded however many fires, executions and schedules there are (infra/decisions/0013).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Literal

from services.kit.errors import DomainError
from services.kit.ids import is_id
from services.scheduler.workflows.errors import workflow_not_found
from services.scheduler.workflows.use_cases import load_launchable

if TYPE_CHECKING:
    from services.kit.postgres import Connection

Contention = Literal["none", "some", "high", "unknown"]

LOOKS = 60
"""Earlier instants looked at for one forecast, spread over its fires."""
WEEKS = 4
BEFORE, AFTER = timedelta(minutes=5), timedelta(minutes=1)
RUNS_OF_A_LOOK = 100
SAME_MINUTE = timedelta(seconds=30)
SCHEDULES_COUNTED = 100
"""In one minute; more change nothing of the verdict."""
LATEST_RUNS = 20
DURATIONS_OF = 200
RUNS_NEEDED = 3
"""Fewer runs around a time are no evidence."""
HIGH_SECONDS = 60.0

ELIGIBLE = """SELECT r.id, r.slots FROM runner r JOIN runner_session n ON n.runner_id = r.id
 WHERE r.deleted_at IS NULL AND r.enabled AND NOT r.draining AND r.labels @> $1::text[] AND n.capabilities @> $2::text[]
  AND n.seen_at > now() - interval '1 day'"""
DURATIONS = """SELECT count(*) AS runs,
 percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS p50,
 percentile_cont(0.95) WITHIN GROUP (ORDER BY seconds) AS p95
 FROM (SELECT extract(epoch FROM completed_at - started_at)::float8 AS seconds FROM execution
  WHERE workflow_id = $1 AND status IN ('COMPLETED', 'FAILED') AND started_at IS NOT NULL
  ORDER BY created_at DESC LIMIT $2) AS latest"""
LOOK_BACK = """SELECT l.place, r.* FROM unnest($1::integer[], $2::timestamptz[]) AS l (place, at) CROSS JOIN LATERAL (
  SELECT count(*) AS runs,
   coalesce(sum(extract(epoch FROM completed_at - started_at)), 0)::float8 AS busy_seconds,
   greatest(extract(epoch FROM l.at + $6::interval - min(created_at)), 1)::float8 AS span_seconds,
   count(*) FILTER (WHERE created_at BETWEEN l.at - $7::interval AND l.at + $7::interval) AS same_minute,
   percentile_cont(0.5) WITHIN GROUP (ORDER BY greatest(extract(epoch FROM started_at - ready_at), 0)::float8) AS wait
  FROM (SELECT created_at, ready_at, started_at, completed_at FROM execution
    WHERE created_at >= l.at - $5::interval AND created_at < l.at + $6::interval
     AND runner_id = ANY ($3::uuid[]) AND started_at IS NOT NULL AND completed_at IS NOT NULL
    ORDER BY created_at DESC LIMIT $4) AS then_run) AS r WHERE r.runs > 0"""
ALSO_FIRING = """SELECT l.place, f.workflow_id, f.count FROM unnest($1::integer[], $2::timestamptz[]) AS l (place, at)
 CROSS JOIN LATERAL (SELECT t.workflow_id, count(*) AS count FROM (
   SELECT s.trigger_id FROM schedule s
    WHERE s.next_at >= l.at - $3::interval AND s.next_at <= l.at + $3::interval LIMIT $5) AS found
   JOIN trigger t ON t.id = found.trigger_id
  WHERE t.enabled AND t.deleted_at IS NULL AND t.workflow_id <> $4 GROUP BY t.workflow_id) AS f"""
RUNS_ELSEWHERE = """SELECT w.id FROM unnest($1::uuid[]) AS w (id) WHERE (
  SELECT latest.runner_id <> ALL ($2::uuid[]) FROM (
   SELECT e.runner_id, e.created_at FROM execution e WHERE e.workflow_id = w.id ORDER BY e.created_at DESC LIMIT $3)
   AS latest WHERE latest.runner_id IS NOT NULL ORDER BY latest.created_at DESC LIMIT 1)"""
NOW = "SELECT now()"
BEGINNING = "SELECT created_at FROM execution ORDER BY created_at LIMIT 1"


@dataclass(frozen=True, slots=True)
class FireForecast:
    """What one fire would meet. `expected_wait_seconds` None: nothing is known.

    `busy_seats` is the average at that time, `other_starts` how many others begin in the same minute, `runs` how many
    executions of earlier weeks this is from.
    """

    expected_wait_seconds: float | None
    contention: Contention
    busy_seats: float = 0.0
    other_starts: int = 0
    runs: int = 0


@dataclass(frozen=True, slots=True)
class Forecast:
    """Of all fires. Durations are of the workflow's latest `runs`; `basis` says in words what it all stands on."""

    seats: int
    runners: int
    runs: int
    p50_seconds: float | None
    p95_seconds: float | None
    basis: str
    fires: Sequence[FireForecast]


@dataclass(slots=True)
class _Evidence:
    """What was seen around one fire's time in earlier weeks, and what else is planned for it.

    `looks` counts the weeks in which this Hub worked already: where nothing ran then, that is known.
    """

    waits: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    same_minute: list[int] = field(default_factory=list)
    runs: int = 0
    looks: int = 0
    planned: int = 0


async def forecast(connection: "Connection", workflow_id: str, fires: Sequence[datetime]) -> Forecast:
    """What executions of the workflow begun at these instants would meet.

    Raises WORKFLOW_NOT_FOUND; of a workflow that is not published nothing is known yet.
    """
    if not is_id(workflow_id):
        raise workflow_not_found()
    try:
        settings = (await load_launchable(connection, workflow_id, draft=False)).settings
    except DomainError as error:
        if error.reason != "NOT_PUBLISHED":
            raise
        return _nothing_known(fires, "The workflow is not published: what it needs of a runner is not known yet.")
    eligible = await connection.fetch(ELIGIBLE, sorted(settings.labels), sorted(settings.capabilities))
    seats = sum(row["slots"] for row in eligible)
    if not seats:
        return _nothing_known(fires, "No runner that could take it was seen in the last 24 hours.")
    runner_ids = [row["id"] for row in eligible]
    durations = await connection.fetchrow(DURATIONS, workflow_id, DURATIONS_OF)
    assert durations is not None
    now: datetime = await connection.fetchval(NOW)
    evidence = await _look_back(connection, fires, runner_ids, now)
    await _count_planned(connection, fires, runner_ids, workflow_id, evidence)
    judged = [_judge(each, seats, durations["p50"]) for each in evidence]
    return Forecast(
        seats=seats,
        runners=len(eligible),
        runs=durations["runs"],
        p50_seconds=durations["p50"],
        p95_seconds=durations["p95"],
        basis=_basis(sum(each.runs for each in judged), durations["runs"], seats),
        fires=judged,
    )


def earlier_instants(fires: Sequence[datetime], now: datetime) -> list[tuple[int, datetime]]:
    """For each fire (by its place) the same time of earlier weeks, the latest first; at most `LOOKS` in all."""
    weeks = max(1, min(WEEKS, LOOKS // max(len(fires), 1)))
    found = []
    for place, at in enumerate(fires[:LOOKS]):
        ago = max(-(-(at + AFTER - now) // timedelta(weeks=1)), 1)
        found += [(place, at - timedelta(weeks=ago + week)) for week in range(weeks)]
    return found


async def _look_back(
    connection: "Connection", fires: Sequence[datetime], runner_ids: Sequence[object], now: datetime
) -> list[_Evidence]:
    evidence = [_Evidence() for _ in fires]
    looks = earlier_instants(fires, now)
    if not looks:
        return evidence
    beginning = await connection.fetchval(BEGINNING)
    for place, instant in looks:
        evidence[place].looks += beginning is not None and beginning <= instant
    places, instants = zip(*looks, strict=True)
    rows = await connection.fetch(
        LOOK_BACK, list(places), list(instants), runner_ids, RUNS_OF_A_LOOK, BEFORE, AFTER, SAME_MINUTE
    )
    for row in rows:
        mine = evidence[row["place"]]
        mine.runs += row["runs"]
        mine.waits.append(row["wait"])
        # Little's law: seats busy on average are the seconds worked in a span of so many seconds.
        mine.busy.append(row["busy_seconds"] / row["span_seconds"])
        mine.same_minute.append(row["same_minute"])
    return evidence


async def _count_planned(
    connection: "Connection",
    fires: Sequence[datetime],
    runner_ids: Sequence[object],
    workflow_id: str,
    evidence: Sequence[_Evidence],
) -> None:
    """Other schedules whose next fire falls into the same minute, less those known to run on other runners."""
    places = list(range(len(fires)))
    rows = await connection.fetch(ALSO_FIRING, places, list(fires), SAME_MINUTE, workflow_id, SCHEDULES_COUNTED)
    if not rows:
        return
    ids = list({row["workflow_id"] for row in rows})
    elsewhere = {row["id"] for row in await connection.fetch(RUNS_ELSEWHERE, ids, runner_ids, LATEST_RUNS)}
    for row in rows:
        if row["workflow_id"] not in elsewhere:
            evidence[row["place"]].planned += row["count"]


def _judge(evidence: _Evidence, seats: int, p50_seconds: float | None) -> FireForecast:
    usual = max(evidence.same_minute, default=0)
    busy = sum(evidence.busy) / len(evidence.busy) if evidence.busy else 0.0
    observed = median(evidence.waits) if evidence.runs >= RUNS_NEEDED else None
    if not evidence.runs and evidence.looks:
        observed = 0.0
    # What history has not seen: more schedules in this minute than ever began there.
    unseen = max(evidence.planned - usual, 0)
    excess = unseen + busy + 1 - seats
    calculated = excess / seats * p50_seconds if unseen and excess > 0 and p50_seconds is not None else None
    known = [wait for wait in (observed, calculated) if wait is not None]
    if not known and not evidence.planned:
        return FireForecast(None, "unknown", busy, 0, evidence.runs)
    wait = max(known, default=0.0)
    contention: Contention = "none" if wait < 1.0 else "some" if wait < HIGH_SECONDS else "high"
    return FireForecast(round(wait, 1), contention, round(busy, 2), max(evidence.planned, usual), evidence.runs)


def _basis(looked_at: int, runs: int, seats: int) -> str:
    own, places = _counted(runs, "run"), _counted(seats, "seat")
    if not looked_at:
        return f"From {own} of the workflow; nothing ran on its {places} at these times of earlier weeks."
    others = _counted(looked_at, "run")
    return f"From {own} of the workflow and {others} on its {places} at the same times of earlier weeks."


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _nothing_known(fires: Sequence[datetime], basis: str) -> Forecast:
    return Forecast(0, 0, 0, None, None, basis, [FireForecast(None, "unknown") for _ in fires])
