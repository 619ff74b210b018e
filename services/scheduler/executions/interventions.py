"""What a person or a key does to executions that exist: stop, resolve; and to dispatch as a whole: hold, release."""

from typing import TYPE_CHECKING, Literal

from services.kit.errors import FieldError, invalid
from services.kit.identity import acting_principal
from services.kit.ids import is_id
from services.kit.outbox import Outbox, Resource
from services.scheduler.executions import decisions
from services.scheduler.executions.batch import note
from services.scheduler.executions.bells import Bells
from services.scheduler.executions.calls import Aftermath
from services.scheduler.executions.errors import already_ended, execution_not_found, not_lost
from services.scheduler.executions.lifecycle import ENDED, Status
from services.scheduler.executions.model import Actor, Change, Instruction, Order, Push, Work
from services.scheduler.executions.offers import Courier
from services.scheduler.executions.repository import dispatch, outcomes, queries
from services.scheduler.executions.repository.queries import View
from services.scheduler.executions.repository.sessions import find_addresses

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

MAXIMUM_TEXT = 2_000


class Interventions:
    """Each is one transaction with its audit row; what a runner has to know is pushed after the commit."""

    def __init__(self, pool: "Pool", bells: Bells, courier: Courier, outbox: Outbox) -> None:
        self._pool = pool
        self._bells = bells
        self._courier = courier
        self._outbox = outbox

    async def stop(self, execution_id: str, *, force: bool, reason: str) -> View:
        """Asks for an end; a repeat while it is stopping changes nothing, unless it forces.

        Raises EXECUTION_NOT_FOUND, ALREADY_ENDED.
        """
        _check_text("/reason", reason)
        who = acting_principal()
        async with self._pool.acquire() as connection, connection.transaction():
            work = await _lock(connection, execution_id)
            if work.status in ENDED:
                raise already_ended(work.status)
            change = decisions.stop(work, Actor(who.kind, who.id, who.name), force=force, reason=reason)
            aftermath, pushes = Aftermath(), list[Push]()
            if change is not None:
                await self._apply(connection, work, change, aftermath)
                pushes = await stop_pushes(connection, [work], [change])
                details = {"force": force, "reason": reason}
                await self._outbox.record(connection, "execution.stopped", Resource("execution", execution_id), details)
            view = await queries.get(connection, execution_id)
        self._bells.settle(aftermath)
        await self._courier.instruct(pushes)
        assert view is not None
        return view

    async def resolve(self, execution_id: str, status: Status | None, note_text: str) -> View:
        """A person's word on what a LOST execution did. Raises EXECUTION_NOT_FOUND, NOT_LOST, INVALID."""
        _check_text("/note", note_text)
        if status not in (Status.COMPLETED, Status.FAILED, Status.STOPPED):
            raise invalid("No such outcome.", FieldError("/status", "Give COMPLETED, FAILED or STOPPED."))
        who = acting_principal()
        async with self._pool.acquire() as connection, connection.transaction():
            work = await _lock(connection, execution_id)
            change = decisions.resolve(work, status, Actor(who.kind, who.id, who.name), note_text)
            if change is None:
                raise not_lost(work.status)
            aftermath = Aftermath()
            await self._apply(connection, work, change, aftermath)
            details = {"status": status, "note": note_text}
            await self._outbox.record(connection, "execution.resolved", Resource("execution", execution_id), details)
            view = await queries.get(connection, execution_id)
        self._bells.settle(aftermath)
        assert view is not None
        return view

    async def hold(self, reason: str) -> None:
        """Stops all claims; running work goes on. A repeat changes nothing."""
        _check_text("/reason", reason)
        who = acting_principal()
        async with self._pool.acquire() as connection, connection.transaction():
            if await dispatch.hold(connection, reason, who.name or who.id):
                await self._outbox.record(connection, "dispatch.held", Resource("dispatch"), {"reason": reason})
        self._bells.changed(("executions",))

    async def release(self) -> None:
        """Allows claims again."""
        async with self._pool.acquire() as connection, connection.transaction():
            if await dispatch.release(connection):
                await self._outbox.record(connection, "dispatch.released", Resource("dispatch"))
        self._bells.settle(Aftermath(topics={"executions"}, dispatch=True))

    async def dispatch_state(self) -> tuple[dispatch.Hold | None, str, Literal["redis", "away", "none"]]:
        """The hold if there is one, the database's version, and how those who claim are woken."""
        async with self._pool.acquire() as connection:
            hold, version = await dispatch.read_state(connection)
        return hold, version, self._bells.way

    @staticmethod
    async def _apply(connection: "Connection", work: Work, change: Change, aftermath: Aftermath) -> None:
        await outcomes.apply_changes(connection, [change])
        note(aftermath, change)
        if change.attempt_end is not None and await outcomes.unpark(connection, [work]):
            aftermath.dispatch = True


async def stop_pushes(connection: "Connection", works: list[Work], changes: list[Change]) -> list[Push]:
    """The stops that runners have to hear of, for changes that made executions STOPPING or withdrew their offers."""
    runners = {work.attempt.runner_id for work in works if work.attempt is not None}
    addresses = await find_addresses(connection, sorted(runners))
    by_execution = {change.execution_id: change for change in changes}
    pushes = []
    for work in works:
        attempt, change = work.attempt, by_execution.get(work.execution_id)
        if attempt is None or attempt.ended is not None or change is None or attempt.runner_id not in addresses:
            continue
        if change.attempt_end is None and change.stop_cause is None and change.stop_force is None:
            continue  # contact that was lost or regained is no reason to stop
        at_once = bool(change.stop_force) or change.attempt_end is not None
        order = Order.STOP_NOW if at_once else Order.STOP
        instruction = Instruction(work.execution_id, attempt.id, order, reason="A stop was asked for.")
        pushes.append(Push(attempt.runner_id, attempt.epoch, addresses[attempt.runner_id], instruction))
    return pushes


async def _lock(connection: "Connection", execution_id: str) -> Work:
    works = await outcomes.lock_work(connection, executions=[execution_id]) if is_id(execution_id) else {}
    if execution_id not in works:
        raise execution_not_found()
    return works[execution_id]


def _check_text(pointer: str, text: str) -> None:
    if len(text) > MAXIMUM_TEXT or "\x00" in text:
        raise invalid("The text is too long.", FieldError(pointer, f"Give at most {MAXIMUM_TEXT} characters, no NUL."))
