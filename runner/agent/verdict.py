"""Judges how an execution ended: what result is told of it, and when there must be none."""

from datetime import datetime

from runner.agent.attempts import Held
from runner.agent.model import End, Failure, Finish, Status
from runner.agent.slots import Running

DISK_FULL = Failure(
    "RUNNER_DISK_FULL",
    "The disk of the runner was full, so what the execution does could not be written down any more: it was ended. "
    "Free disk space on the runner, see what was done by the last node, and start it again.",
)


def judge(held: Held, running: Running, end: End, now: datetime) -> Finish | None:
    """The result to tell, or None: then the runner stopped it unheard, and only the Hub may say what becomes of it.

    What the execution itself says of its end counts first: work that was done is done, whoever wanted it stopped.
    """
    status: Status
    failure = end.failure
    if end.status in {"completed", "failed", "suspended"}:
        status = end.status
    elif running.fenced or end.status == "fenced":
        return None
    elif running.timed_out:
        status, failure = "failed", Failure("TIMEOUT", "The execution did not end within its time and was killed.")
    elif running.disk_full and not held.stop_reason:
        status, failure = "failed", DISK_FULL
    elif held.stop_reason or running.stopped_by:
        status, failure = "stopped", None
    else:
        status, failure = "failed", failure or Failure("EXECUTION_CRASHED", "The execution ended without a result.")
    return Finish(
        execution_id=held.execution_id,
        attempt_id=held.attempt_id,
        status=status,
        output_json=end.output_json,
        failure=failure,
        usage=end.usage,
        node_events=held.node_events.last,
        log_lines=held.log_lines.last,
        began_at=held.began_at or now,
        finished_at=now,
        stopped_by=running.stopped_by if status == "stopped" else "",
        suspension=end.suspension,
    )
