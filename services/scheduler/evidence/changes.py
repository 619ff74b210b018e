"""The stream of live changes: what was committed since a cursor, read by transaction id so that nothing is missed.

A row is read once every transaction that began before its own has ended (its id is below the snapshot's xmin), so a
late committer never falls behind the cursor. Rows may come twice, never not at all.
"""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from services.kit.errors import FieldError, invalid
from services.kit.ids import is_id
from services.scheduler.evidence.errors import unknown_topic

if TYPE_CHECKING:
    import asyncpg

    from services.kit.postgres import Connection

EXECUTIONS = "executions"
RUNNERS = "runners"
EXECUTION_PREFIX = "execution:"
RESET = "stream.reset"

PAGE = 500
REPLAYED = 5_000
"""A reader further behind is told to read anew (`stream.reset`) instead of being sent a night's events."""
SHOWN_NODE_RUNS = 200
RECENT_NODE_RUNS = 1_000
"""Node runs are looked for among the latest so many of an attempt."""

HORIZON = """SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS below,
 pg_snapshot_xmin(pg_current_snapshot()) < pg_snapshot_xmax(pg_current_snapshot()) AS pending"""
LIST_EVENTS = """SELECT ev.transaction_id::text AS transaction_id, ev.execution_id, ev.seq, ev.at, ev.event,
       ev.to_status, ev.runner_id, e.workflow_id, e.workflow_name
  FROM execution_event ev JOIN execution e ON e.id = ev.execution_id
 WHERE (ev.transaction_id, ev.execution_id, ev.seq) > ($1::text::xid8, $2::uuid, $3)
   AND ev.transaction_id < $4::text::xid8
   AND ($5 OR ev.execution_id = ANY($6::uuid[]))
 ORDER BY ev.transaction_id, ev.execution_id, ev.seq LIMIT $7"""
LIST_REPORTED = """SELECT attempt_id, execution_id, node_seq, log_seq FROM attempt_evidence
 WHERE execution_id = ANY($1::uuid[]) AND transaction_id >= $2::text::xid8 AND transaction_id < $3::text::xid8"""
LIST_CHANGED_RUNS = """SELECT seq, event_seq, node_id, node_type, path, try_number, status, started_at, completed_at,
       duration_seconds
  FROM node_run
 WHERE attempt_id = $1 AND event_seq > $2
   AND seq > (SELECT coalesce(max(seq), 0) FROM node_run WHERE attempt_id = $1) - $3
 ORDER BY event_seq DESC LIMIT $4"""


@dataclass(frozen=True, slots=True)
class Change:
    """One change for one topic. An empty topic carries a cursor alone."""

    topic: str
    kind: str
    payload: bytes
    cursor: str


@dataclass(frozen=True, slots=True)
class Topics:
    """What a reader wants to hear of."""

    executions: bool
    runners: bool
    execution_ids: tuple[str, ...]

    @classmethod
    def parse(cls, topics: Sequence[str]) -> "Topics":
        """From `executions`, `runners`, `execution:ID`. Raises a DomainError for anything else."""
        ids = []
        for topic in topics:
            if topic.startswith(EXECUTION_PREFIX) and is_id(topic.removeprefix(EXECUTION_PREFIX)):
                ids.append(topic.removeprefix(EXECUTION_PREFIX))
            elif topic not in (EXECUTIONS, RUNNERS):
                raise unknown_topic(topic)
        return cls(EXECUTIONS in topics, RUNNERS in topics, tuple(dict.fromkeys(ids)))

    @property
    def names(self) -> list[str]:
        """As they were given."""
        shared = [name for name, wanted in ((EXECUTIONS, self.executions), (RUNNERS, self.runners)) if wanted]
        return [*shared, *(EXECUTION_PREFIX + execution_id for execution_id in self.execution_ids)]


@dataclass(slots=True)
class Reader:
    """One reader's place in the stream. `cursor` is the lowest transaction id that was not read yet."""

    topics: Topics
    cursor: str = ""
    pending: bool = False
    """A transaction in flight may hold more: look again soon."""
    _node_seqs: dict[str, int] = field(default_factory=dict)
    _log_seqs: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.cursor and not (self.cursor.isascii() and self.cursor.isdigit() and int(self.cursor) < 2**63):
            raise invalid("The cursor is not one of ours.", FieldError("/cursor", "Use the cursor of a change."))

    async def read(self, connection: "Connection") -> AsyncIterator[Change]:
        """What was committed since the last time. Only the last change carries the new cursor."""
        horizon = await connection.fetchrow(HORIZON)
        if horizon is None:
            return
        below, self.pending = horizon["below"], horizon["pending"]
        if not self.cursor or int(self.cursor) > int(below):
            # From now on; a cursor from the future belongs to a database that was restored since.
            is_restored, self.cursor = self.cursor != "", below
            for topic in self.topics.names if is_restored else ():
                yield self._change(topic, RESET, {})
            yield Change("", "", b"", below)
            return
        if self.cursor == below:
            return
        held: Change | None = None
        async for change in self._changes(connection, below):
            if held is not None:
                yield held
            held = change
        self.cursor = below
        if held is not None:
            yield Change(held.topic, held.kind, held.payload, below)

    async def _changes(self, connection: "Connection", below: str) -> AsyncIterator[Change]:
        async for change in self._execution_changes(connection, below):
            yield change
        if self.topics.execution_ids:
            for row in await connection.fetch(LIST_REPORTED, self.topics.execution_ids, self.cursor, below):
                async for change in self._reported(connection, row):
                    yield change

    async def _execution_changes(self, connection: "Connection", below: str) -> AsyncIterator[Change]:
        if not (self.topics.executions or self.topics.execution_ids):
            return
        # Everything of the cursor's own transaction comes after (cursor - 1, …).
        place: tuple[str, Any, int] = (str(max(int(self.cursor) - 1, 0)), _LAST_ID, 2**31 - 1)
        for _ in range(REPLAYED // PAGE):
            rows = await connection.fetch(
                LIST_EVENTS, *place, below, self.topics.executions, self.topics.execution_ids, PAGE
            )
            for row in rows:
                for topic in self._topics_of(str(row["execution_id"])):
                    yield self._change(topic, "execution.changed", _event_payload(row))
            if len(rows) < PAGE:
                return
            place = (rows[-1]["transaction_id"], rows[-1]["execution_id"], rows[-1]["seq"])
        for topic in self.topics.names:
            yield self._change(topic, RESET, {})

    async def _reported(self, connection: "Connection", row: "asyncpg.Record") -> AsyncIterator[Change]:
        attempt_id, execution_id = str(row["attempt_id"]), str(row["execution_id"])
        topic = EXECUTION_PREFIX + execution_id
        known = self._node_seqs.get(attempt_id, 0)
        if row["node_seq"] > known:
            runs = await connection.fetch(LIST_CHANGED_RUNS, attempt_id, known, RECENT_NODE_RUNS, SHOWN_NODE_RUNS)
            self._node_seqs[attempt_id] = max([row["node_seq"], *(run["event_seq"] for run in runs)])
            payload = {
                "executionId": execution_id,
                "attemptId": attempt_id,
                "nodes": [_run_payload(run) for run in reversed(runs)],
            }
            yield self._change(topic, "node.changed", payload)
        if row["log_seq"] > self._log_seqs.get(attempt_id, 0):
            self._log_seqs[attempt_id] = row["log_seq"]
            payload = {"executionId": execution_id, "attemptId": attempt_id, "logSeq": row["log_seq"]}
            yield self._change(topic, "logs.appended", payload)

    def _topics_of(self, execution_id: str) -> list[str]:
        topics = [EXECUTIONS] if self.topics.executions else []
        if execution_id in self.topics.execution_ids:
            topics.append(EXECUTION_PREFIX + execution_id)
        return topics

    def _change(self, topic: str, kind: str, payload: dict[str, Any]) -> Change:
        return Change(topic, kind, json.dumps(payload).encode(), self.cursor)


_LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"


def _event_payload(row: "asyncpg.Record") -> dict[str, Any]:
    return {
        "executionId": str(row["execution_id"]),
        "workflowId": str(row["workflow_id"]),
        "workflowName": row["workflow_name"],
        "seq": row["seq"],
        "at": _iso(row["at"]),
        "event": row["event"],
        "status": row["to_status"],
        "runnerId": str(row["runner_id"]) if row["runner_id"] else None,
    }


def _run_payload(row: "asyncpg.Record") -> dict[str, Any]:
    return {
        "seq": row["seq"],
        "nodeId": row["node_id"],
        "nodeType": row["node_type"],
        "path": json.loads(row["path"] or b"[]"),
        "tryNumber": row["try_number"],
        "status": row["status"].lower(),
        "startedAt": _iso(row["started_at"]),
        "completedAt": _iso(row["completed_at"]),
        "durationSeconds": row["duration_seconds"],
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None
