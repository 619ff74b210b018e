"""How long work waited although it could have gone: read from the history, after the fact."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.hub import HubUnderTest

STEPS = """SELECT execution_id::text AS execution, extract(epoch FROM at)::float8 AS at, from_status, to_status
 FROM automation.execution_event ORDER BY at"""
LIVE = ("ASSIGNED", "RUNNING", "STOPPING")


@dataclass(frozen=True, slots=True)
class Step:
    """An execution went from one status to another, at seconds since the epoch."""

    execution: str
    at: float
    from_status: str | None
    to_status: str


async def longest_idle_wait(hub: HubUnderTest, seats: int) -> float:
    """Seconds of the longest time that anything was in the queue while fewer than `seats` attempts were live.

    For bursts without retries: whatever is in the queue is ready, and one runner takes everything.
    """
    return idle_wait([Step(**row) for row in await hub.query(STEPS)], seats)


def idle_wait(steps: Iterable[Step], seats: int) -> float:
    """The same of given steps, oldest first."""
    queued: dict[str, float] = {}
    live: set[str] = set()
    free_since: float | None = None
    longest = 0.0
    for step in steps:
        if free_since is not None and queued:
            began = max(free_since, min(queued.values()))
            longest = max(longest, step.at - began)
        if step.to_status == "QUEUED":
            queued.setdefault(step.execution, step.at)
        else:
            queued.pop(step.execution, None)
        (live.add if step.to_status in LIVE else live.discard)(step.execution)
        free_since = (free_since if free_since is not None else step.at) if len(live) < seats else None
    return longest
