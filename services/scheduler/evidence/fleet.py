"""Which runners changed: the fleet as the scheduler sees it, compared with a moment ago.

States follow from time as well (silent, offline), so there is no row to wait for; it is compared instead.
"""

import asyncio
import json
from time import monotonic
from typing import TYPE_CHECKING, Any

from services.scheduler.evidence.changes import RUNNERS, Change

if TYPE_CHECKING:
    from services.kit.postgres import Connection

FRESH_SECONDS = 0.5
"""Watchers that look at the same time share one reading."""

LIST_RUNNERS = """SELECT r.id::text AS id, r.name, NOT r.enabled AS disabled, r.slots,
       r.draining OR coalesce(s.draining, false) AS draining,
       coalesce(s.closed_at IS NULL AND s.seen_at > now() - make_interval(secs => t.offline_seconds), false)
           AS connected,
       coalesce(s.seen_at < now() - make_interval(secs => t.silent_seconds), false) AS silent,
       (SELECT count(*) FROM seat WHERE seat.runner_id = r.id AND seat.attempt_id IS NOT NULL) AS busy
  FROM runner r LEFT JOIN runner_session s ON s.runner_id = r.id, dispatch_timing t
 WHERE r.deleted_at IS NULL"""

Fleet = dict[str, dict[str, Any]]


class FleetWatch:
    """The latest reading of the fleet, shared by the watchers of this process."""

    def __init__(self) -> None:
        self._fleet: Fleet = {}
        self._read_at = float("-inf")
        self._lock = asyncio.Lock()

    async def read(self, connection: "Connection") -> Fleet:
        """Every runner's state by id, at most half a second old. It is replaced, never changed."""
        async with self._lock:
            if monotonic() - self._read_at > FRESH_SECONDS:
                rows = await connection.fetch(LIST_RUNNERS)
                self._fleet = {row["id"]: _state(dict(row)) for row in rows}
                self._read_at = monotonic()
            return self._fleet


def compare(before: Fleet, after: Fleet, cursor: str) -> list[Change]:
    """A change for every runner that is new, gone or in another state."""
    changed = [state for runner_id, state in after.items() if before.get(runner_id) != state]
    gone = [{"runnerId": runner_id, "deleted": True} for runner_id in before if runner_id not in after]
    return [Change(RUNNERS, "runner.changed", json.dumps(state).encode(), cursor) for state in (*changed, *gone)]


def _state(row: dict[str, Any]) -> dict[str, Any]:
    free = row["busy"] < row["slots"]
    return {
        "runnerId": row["id"],
        "name": row["name"],
        "state": ("ONLINE" if free else "BUSY") if row["connected"] else "OFFLINE",
        "busy": row["busy"],
        "slots": row["slots"],
        "silent": row["silent"] and row["connected"],
        "draining": row["draining"],
        "disabled": row["disabled"],
    }
