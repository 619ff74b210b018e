"""Reports cut down to what is new and folded to rows. Pure: the decisions of `ingest`, without its SQL.

Only a gapless continuation of what is held is taken: what stands behind a hole is not acknowledged, so the runner
sends it again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Protocol, TypeVar

from services.scheduler.evidence.model import NodeEvent, NodeRunStatus, ReportedBatch


class _Numbered(Protocol):
    @property
    def seq(self) -> int: ...


_SEQ = attrgetter("seq")
NumberedT = TypeVar("NumberedT", bound=_Numbered)


@dataclass(slots=True)
class RunChange:
    """What a report does to one node run. None and b"" leave what the row holds."""

    seq: int
    event_seq: int
    node_id: str
    node_type: str
    path: bytes
    try_number: int
    status: NodeRunStatus
    started_at: datetime | None
    completed_at: datetime | None
    duration_seconds: float
    input: bytes
    output: bytes
    failure: bytes
    port: str
    variables: bytes


def continuation(held: int, items: Iterable[NumberedT]) -> list[NumberedT]:
    """The items that follow `held` one by one; repeats before it and everything behind a hole are left out."""
    taken = []
    for item in items:
        if item.seq <= held:
            continue
        if item.seq != held + 1:
            break
        held = item.seq
        taken.append(item)
    return taken


def merge_batches(batches: Sequence[ReportedBatch]) -> dict[str, ReportedBatch]:
    """One batch for each attempt, its lists ascending: a report and a finish may travel together."""
    found: dict[str, list[ReportedBatch]] = {}
    for batch in batches:
        known = found.setdefault(batch.attempt_id, [])
        if not known or (known[0].execution_id, known[0].runner_id) == (batch.execution_id, batch.runner_id):
            known.append(batch)
    return {attempt_id: _merged(of_one) for attempt_id, of_one in found.items()}


def _merged(batches: Sequence[ReportedBatch]) -> ReportedBatch:
    first = batches[0]
    if len(batches) == 1:
        return first
    events = sorted((event for batch in batches for event in batch.node_events), key=_SEQ)
    lines = sorted((line for batch in batches for line in batch.log_lines), key=_SEQ)
    return ReportedBatch(first.execution_id, first.attempt_id, first.runner_id, events, lines)


def fold(events: Sequence[NodeEvent]) -> list[RunChange]:
    """Ascending events as one change per node run, the last event winning."""
    changes: dict[int, RunChange] = {}
    for event in events:
        known = changes.get(event.run_seq)
        changes[event.run_seq] = RunChange(
            seq=event.run_seq,
            event_seq=event.seq,
            node_id=event.node_id,
            node_type=event.node_type,
            path=event.path,
            try_number=event.try_number,
            status=event.status,
            started_at=(known.started_at if known else None) or _started_at(event),
            completed_at=event.at if event.status.ended else None,
            duration_seconds=event.duration_seconds,
            input=event.input or (known.input if known else b""),
            output=event.output,
            failure=event.failure,
            port=event.port,
            variables=event.variables,
        )
    return list(changes.values())


def _started_at(event: NodeEvent) -> datetime | None:
    """When the run began as far as one event tells; one that is held, skipped or reused never did."""
    if event.status in (NodeRunStatus.SKIPPED, NodeRunStatus.PAUSED, NodeRunStatus.REUSED):
        return None
    return event.at if event.status is NodeRunStatus.RUNNING else event.at - timedelta(seconds=event.duration_seconds)
