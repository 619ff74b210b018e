"""SQL of handlings: an execution takes an item and settles it, or the Hub ends what nobody will settle.

Lock order: the execution's attempt, then the item. Only this server's clock decides about time.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.scheduler.executions.model import Actor
from services.scheduler.queues.item_repository import COLUMNS, FROM, read_item
from services.scheduler.queues.lifecycle import ItemStatus
from services.scheduler.queues.model import Ending, Item, ItemFailure, ItemOutcome, LossPolicy, Queue, Step, Tried

if TYPE_CHECKING:
    from services.kit.postgres import Connection

WOKEN_AT_ONCE = 100

LIVE_ATTEMPT = """SELECT a.execution_id::text AS execution_id, e.workflow_name FROM attempt a
 JOIN execution e ON e.id = a.execution_id
 WHERE a.id = $1 AND a.runner_id = $2 AND a.ended_at IS NULL AND a.acknowledged_at IS NOT NULL FOR SHARE OF a"""
ITS_ATTEMPT = "SELECT true FROM attempt WHERE id = $1 AND runner_id = $2 AND execution_id = $3"
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended($1 || E'\\x1f' || $2, 4546))"
HANDLED = """SELECT item_id::text AS item_id, ended_at IS NOT NULL AS ended FROM work_item_attempt
 WHERE attempt_id = $1 AND run = $2"""
GET = f"SELECT {COLUMNS} {FROM} WHERE id = $1"
WAKE = """UPDATE work_item SET postponed = false WHERE id IN (SELECT id FROM work_item
  WHERE queue_id = $1 AND postponed AND ready_at <= now() ORDER BY ready_at LIMIT $2 FOR UPDATE SKIP LOCKED)"""
_NEXT = """SELECT id FROM work_item WHERE queue_id = $1 AND status = 'NEW' AND NOT postponed
 AND (deadline_at IS NULL OR deadline_at > now()) ORDER BY order_at, id LIMIT 1 FOR UPDATE SKIP LOCKED"""
TAKE = f"""UPDATE work_item SET status = 'IN_PROGRESS', event = 'TAKE', attempt_no = attempt_no + 1,
  execution_id = $2, attempt_id = $3, taken_at = now(), lease_expires_at = now() + make_interval(secs => $4),
  output = NULL WHERE id = ({_NEXT}) RETURNING {COLUMNS}"""  # noqa: S608 - constants
BEGIN = """INSERT INTO work_item_attempt (item_id, attempt_no, queue_id, execution_id, attempt_id, node_id, run)
 VALUES ($1, $2, $3, $4, $5, $6, $7)"""
LOCK = """SELECT i.id::text AS id, i.status, i.attempt_no, i.failures, q.max_retries, q.retry_backoff_seconds, q.on_lost
 FROM work_item i JOIN work_queue q ON q.id = i.queue_id WHERE i.id = $1 FOR UPDATE OF i"""
HANDLING = """SELECT execution_id::text AS execution_id, ended_at IS NOT NULL AS ended,
 settlement_id::text AS settlement_id FROM work_item_attempt WHERE item_id = $1 AND attempt_no = $2"""
APPLY = """UPDATE work_item SET status = $2, event = $3, failures = $4,
 ready_at = CASE WHEN $5::float8 IS NULL THEN ready_at ELSE now() + make_interval(secs => $5) END,
 output = $6, failure_code = $7, failure_message = $8, lease_expires_at = NULL WHERE id = $1"""
END = """UPDATE work_item_attempt SET ended_at = coalesce(ended_at, now()), outcome = $3, code = $4, message = $5,
 settlement_id = $6, late = $7 WHERE item_id = $1 AND attempt_no = $2"""
NOTE_SETTLEMENT = "UPDATE work_item_attempt SET settlement_id = $3 WHERE item_id = $1 AND attempt_no = $2"
# An attempt that was suspended goes on in the next one; what never began held nothing.
_OVER = """LEFT JOIN attempt held ON held.id = i.attempt_id LEFT JOIN execution e ON e.id = i.execution_id
 LEFT JOIN LATERAL (SELECT a.ended, a.end_reason FROM attempt a WHERE a.execution_id = i.execution_id
  AND a.attempt_no >= held.attempt_no AND a.ended IN ('OK', 'FAILED', 'STOPPED', 'LOST')
  ORDER BY a.attempt_no LIMIT 1) over ON true"""
_IS_OVER = """(over.ended IS NOT NULL OR held.id IS NULL OR i.lease_expires_at <= now()
  OR e.status IN ('COMPLETED', 'FAILED', 'STOPPED', 'LOST'))"""
FIND_OVER = f"""SELECT i.id::text AS id FROM work_item i {_OVER} WHERE i.status = 'IN_PROGRESS' AND {_IS_OVER}
 ORDER BY i.taken_at LIMIT $1"""  # noqa: S608 - constants
WHY_OVER = f"""SELECT over.ended, over.end_reason, e.status, i.lease_expires_at <= now() AS lease_over
 FROM work_item i {_OVER} WHERE i.id = $1 AND i.status = 'IN_PROGRESS' AND {_IS_OVER}"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class Holder:
    """The live attempt that acts, and for whom."""

    execution_id: str
    attempt_id: str
    workflow_name: str

    @property
    def actor(self) -> Actor:
        """As those who add items are named."""
        return Actor("execution", self.execution_id, self.workflow_name)


@dataclass(frozen=True, slots=True)
class Handled:
    """A handling as its settlement finds it."""

    execution_id: str
    ended: bool
    settlement_id: str | None


async def lock_holder(connection: "Connection", attempt_id: str, runner_id: str) -> Holder | None:
    """The attempt if it is this runner's and lives; it does not end until the transaction does."""
    row = await connection.fetchrow(LIVE_ATTEMPT, attempt_id, runner_id)
    return Holder(row["execution_id"], attempt_id, row["workflow_name"]) if row else None


async def is_attempt_of(connection: "Connection", attempt_id: str, runner_id: str, execution_id: str) -> bool:
    """Whether the runner had this attempt, however it ended."""
    return bool(await connection.fetchval(ITS_ATTEMPT, attempt_id, runner_id, execution_id))


async def find_taken(connection: "Connection", attempt_id: str, run: str) -> tuple[Item, bool] | None:
    """The item that this node run took, and whether its handling is over; None when it took none.

    Until the transaction ends the same node run takes nothing elsewhere.
    """
    await connection.execute(ONE_AT_A_TIME, attempt_id, run)
    handled = await connection.fetchrow(HANDLED, attempt_id, run)
    if handled is None:
        return None
    row = await connection.fetchrow(GET, handled["item_id"])
    return read_item(row), handled["ended"]


async def take(connection: "Connection", queue: Queue, holder: Holder, node_id: str, run: str) -> Item | None:
    """The next item whose time has come, now in progress; None when there is none."""
    await connection.execute(WAKE, queue.id, WOKEN_AT_ONCE)
    row = await connection.fetchrow(TAKE, queue.id, holder.execution_id, holder.attempt_id, queue.lease_seconds)
    if row is None:
        return None
    item = read_item(row)
    await connection.execute(
        BEGIN, item.id, item.attempt_no, queue.id, holder.execution_id, holder.attempt_id, node_id, run
    )
    return item


async def lock(connection: "Connection", item_id: str) -> Tried | None:
    """The item with its queue's rules; nobody else changes it until the transaction ends."""
    row = await connection.fetchrow(LOCK, item_id)
    if row is None:
        return None
    return Tried(
        id=row["id"],
        status=ItemStatus(row["status"]),
        attempt_no=row["attempt_no"],
        failures=row["failures"],
        max_retries=row["max_retries"],
        retry_backoff_seconds=row["retry_backoff_seconds"],
        on_lost=LossPolicy(row["on_lost"]),
    )


async def find_handling(connection: "Connection", item_id: str, attempt_no: int) -> Handled | None:
    """Of a locked item."""
    row = await connection.fetchrow(HANDLING, item_id, attempt_no)
    return Handled(row["execution_id"], row["ended"], row["settlement_id"]) if row else None


async def apply(connection: "Connection", step: Step) -> None:
    """Writes what became of a locked item and of its latest handling."""
    ending = step.ending
    code, message = (ending.failure.code, ending.failure.message) if ending.failure else (None, None)
    await connection.execute(
        APPLY,
        step.item.id,
        step.status,
        step.event,
        step.failures,
        step.ready_in_seconds,
        ending.output or None,
        code,
        message,
    )
    await connection.execute(
        END, step.item.id, step.item.attempt_no, ending.outcome, code, message, ending.settlement_id, step.late
    )


async def note_settlement(connection: "Connection", item_id: str, attempt_no: int, settlement_id: str) -> None:
    """It came too late to change anything; sent again, it is known."""
    await connection.execute(NOTE_SETTLEMENT, item_id, attempt_no, settlement_id)


async def find_over(connection: "Connection", limit: int) -> list[str]:
    """Items in progress whose handling will not be settled any more, or takes too long."""
    return [row["id"] for row in await connection.fetch(FIND_OVER, limit)]


async def why_over(connection: "Connection", item_id: str) -> Ending | None:
    """How the handling of a locked item is to be ended, seen by a snapshot of its own; None: it goes on."""
    row = await connection.fetchrow(WHY_OVER, item_id)
    return _ending(row) if row else None


def _ending(row: Any) -> Ending:
    ended = row["ended"] or {"COMPLETED": "OK", "LOST": "LOST", "FAILED": "FAILED", "STOPPED": "STOPPED"}.get(
        row["status"] or ""
    )
    if ended == "OK":
        message = "The execution ended without saying what became of the item."
        return Ending(ItemOutcome.SYSTEM_FAILED, ItemFailure("NOT_SETTLED", message))
    if ended == "FAILED":
        why = f" ({row['end_reason']})" if row["end_reason"] else ""
        message = f"The execution failed{why} before it settled the item."
        return Ending(ItemOutcome.SYSTEM_FAILED, ItemFailure("EXECUTION_FAILED", message))
    if ended == "STOPPED":
        message = "The execution was stopped before it settled the item."
        return Ending(ItemOutcome.SYSTEM_FAILED, ItemFailure("EXECUTION_STOPPED", message))
    if ended is None and row["lease_over"]:
        message = "The item was in progress for longer than the queue allows; the execution may still work on it."
        return Ending(ItemOutcome.LOST, ItemFailure("LEASE_OVER", message))
    message = "The execution was lost: what it did last with the item is unknown."
    return Ending(ItemOutcome.LOST, ItemFailure("EXECUTION_LOST", message))
