"""What each obstacle means to a person. The conditions themselves are in SQL (`obstacles`), where claim asks them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MESSAGES: Mapping[str, str] = {
    "HELD": "Dispatch is held for the whole Hub; release it to go on.",
    "NOT_BEFORE": "It is not to start before {ready_at}.",
    "OTHER_RUNNER": "It is bound to another runner.",
    "DISABLED": "The runner is disabled.",
    "LABELS": "The runner lacks the labels {labels}.",
    "CAPABILITY": "The runner lacks the capabilities {capabilities}.",
    "OFFLINE": "The runner is not connected.",
    "SILENT": "The runner is connected, but does not ask for work at the moment.",
    "PAUSED": "The runner was paused at its machine by {pause}; it goes on when it is resumed there.",
    "DRAINING": "The runner is draining: it takes no new work.",
    "BUSY": "All seats of the runner are taken.",
    "CONCURRENCY": "As many executions as the workflow allows at a time are at work ({concurrency_limit}).",
    "LICENCE_CONCURRENCY": "As many executions as the licence allows at a time are at work.",
    "RECENTLY_UNDELIVERED": "It could not be delivered to this runner a moment ago.",
}


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One condition that fails."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class PendingReason:
    """For one runner everything that keeps the execution from it; no obstacle means that it is next."""

    runner_id: str
    runner: str
    obstacles: tuple[Obstacle, ...]


NO_RUNNER = PendingReason("", "", (Obstacle("OFFLINE", "No runner is registered yet. Pair one to run this."),))


AWAITING_APPROVAL = PendingReason("", "", (Obstacle("APPROVAL", "It waits for a person: see its approvals."),))


def explain(codes: Sequence[str], facts: Mapping[str, object]) -> tuple[Obstacle, ...]:
    """The obstacles of these codes. `facts`: `ready_at`, `labels`, `capabilities`, `concurrency_limit`, `pause`."""
    return tuple(Obstacle(code, MESSAGES[code].format_map(facts)) for code in codes)
