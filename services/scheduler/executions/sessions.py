"""A runner's session opens, closes, changes: each in a transaction of its own, as it locks all of a runner's seats."""

from typing import TYPE_CHECKING

from services.kit.ids import new_id
from services.scheduler.executions.batch import note
from services.scheduler.executions.calls import Aftermath, Call, CloseSession, OpenSession, Reply, UpdateRunner
from services.scheduler.executions.model import Answer
from services.scheduler.executions.reconciliation import reconcile, say_goodbye
from services.scheduler.executions.repository import outcomes
from services.scheduler.executions.repository import sessions as repository

if TYPE_CHECKING:
    from services.kit.postgres import Connection

ALREADY_CONNECTED = "ALREADY_CONNECTED"


async def open_session(
    connection: "Connection", call: Call, body: OpenSession, registry_address: str, aftermath: Aftermath
) -> Reply:
    """Reconciles everything the runner holds or the Hub believes it holds. Repeating a Hello opens one more epoch."""
    await repository.register(connection, call.runner_id, body.runner_name, body.labels, body.slots)
    session = await repository.lock_session(connection, call.runner_id)
    same_boot = session is not None and session.boot_id == body.boot_id
    if session is not None and not same_boot and body.other_boot_answers:
        return Reply(call, answer=Answer.FORBIDDEN, refused_reason=ALREADY_CONNECTED)
    epoch = session.epoch + 1 if session else 1
    believed = await repository.live_attempts(connection, call.runner_id)
    known = await outcomes.lock_work(connection, {*believed, *(each.attempt_id for each in body.attempts)})
    # Between the look and the lock an attempt may have ended.
    believed = [each for each in believed if (work := known[each].attempt) is not None and work.ended is None]
    reconciled = reconcile(call.runner_id, body.attempts, known, believed, same_boot=same_boot)
    await outcomes.apply_changes(connection, reconciled.changes)
    session_id = new_id()
    await repository.open_session(
        connection,
        call.runner_id,
        epoch=epoch,
        session_id=session_id,
        boot_id=body.boot_id,
        registry_address=registry_address,
        capabilities=body.capabilities,
        draining=body.draining,
        version=body.version,
        pause=body.pause,
    )
    await repository.adopt(connection, reconciled.adopted, epoch)
    await outcomes.unpark(connection, known.values())
    for change in reconciled.changes:
        note(aftermath, change)
    aftermath.topics.add("runners")
    return Reply(
        call,
        instructions=reconciled.instructions,
        epoch=epoch,
        session_id=session_id,
        hub_incarnation=await repository.read_incarnation(connection),
    )


async def close_session(connection: "Connection", call: Call, body: CloseSession, aftermath: Aftermath) -> Reply:
    """A broken stream leaves the leases alone; a goodbye ends them at once."""
    session = await repository.lock_session(connection, call.runner_id)
    if session is None or session.epoch != call.epoch:
        return Reply(call)
    if body.goodbye:
        believed = await repository.live_attempts(connection, call.runner_id)
        known = await outcomes.lock_work(connection, believed)
        changes = say_goodbye([work for work in known.values() if work.attempt and work.attempt.ended is None])
        await outcomes.apply_changes(connection, changes)
        for change in changes:
            note(aftermath, change)
    await repository.close_session(connection, call.runner_id, call.epoch, goodbye=body.goodbye)
    aftermath.topics.add("runners")
    return Reply(call)


async def update_runner(connection: "Connection", call: Call, body: UpdateRunner, aftermath: Aftermath) -> Reply:
    """New labels, slots or permission to work: something may have become claimable."""
    await repository.update_runner(
        connection,
        call.runner_id,
        name=body.name,
        labels=body.labels,
        slots=body.slots,
        enabled=body.enabled,
        draining=body.draining,
        deleted=body.deleted,
    )
    aftermath.topics.add("runners")
    aftermath.dispatch = True
    return Reply(call)
