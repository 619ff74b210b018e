"""A batch of runners' calls in one transaction: decided one by one, written together.

Locks in the order session, seat, execution, attempt: heartbeats and polls first, then everything that changes
state, then
reports and leases, and last the claims for the runners that have a seat free again (they skip what is locked).
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from services.scheduler.continuations.suspensions import keep_suspension
from services.scheduler.evidence.ingest import store_reports
from services.scheduler.evidence.model import ReportedBatch
from services.scheduler.executions import decisions, endings
from services.scheduler.executions.calls import (
    Acknowledge,
    Aftermath,
    Call,
    Decline,
    FinishAttempt,
    Phase,
    RenewSession,
    Reply,
    Report,
    SetPoll,
)
from services.scheduler.executions.lifecycle import Event, Status
from services.scheduler.executions.model import Answer, Change, Instruction, Offer, Order, Work
from services.scheduler.executions.repository import dispatch, outcomes, sessions
from services.scheduler.executions.repository.sessions import HeldState

if TYPE_CHECKING:
    from services.kit.postgres import Connection

CLAIMED_AT_ONCE = 100
"""Most offers that ride on the replies of one batch."""

StateCall = Acknowledge | Decline | FinishAttempt


async def process(connection: "Connection", calls: Sequence[Call], aftermath: Aftermath) -> list[Reply]:
    """The replies to calls of the kinds RenewSession, SetPoll, Acknowledge, Decline, Report, FinishAttempt.

    Runs in the caller's transaction; the replies may be sent once it is committed.
    """
    epochs = await sessions.read_epochs(connection, list({call.runner_id for call in calls}))
    replies: dict[int, Reply] = {}
    current = [call for call in calls if _is_current(call, epochs, replies)]
    opened = await _note_sessions(connection, current, replies)
    await _change_states(connection, current, replies, aftermath)
    await _store(connection, current, replies, aftermath)
    await _renew(connection, current, replies, aftermath)
    await _offer(connection, current, replies, opened, aftermath)
    return [replies[call.id] for call in calls]


def _is_current(call: Call, epochs: dict[str, int], replies: dict[int, Reply]) -> bool:
    """The epoch fences the connection, though not evidence, nor what the registry itself could not deliver."""
    free = isinstance(call.body, Report) or (isinstance(call.body, Decline) and not call.body.delivered)
    if free or epochs.get(call.runner_id) == call.epoch:
        return True
    replies[call.id] = Reply(call, answer=Answer.STALE_SESSION)
    return False


async def _note_sessions(connection: "Connection", calls: Sequence[Call], replies: dict[int, Reply]) -> set[str]:
    """Who was seen, and who polls; the latest word of each runner counts. Answers who began to poll."""
    renewed = {call.runner_id: (call.epoch, call.body) for call in calls if isinstance(call.body, RenewSession)}
    await sessions.renew_sessions(connection, sorted(renewed.items()))
    polls = {}
    for call in calls:
        if isinstance(call.body, SetPoll):
            polls[call.runner_id] = (call.runner_id, call.epoch, call.body.open, tuple(call.body.capabilities))
            replies[call.id] = Reply(call)
    return await sessions.set_polls(connection, sorted(polls.values()))


async def _change_states(
    connection: "Connection", calls: Sequence[Call], replies: dict[int, Reply], aftermath: Aftermath
) -> None:
    """In waves, because two calls about one execution must see each other's effect."""
    waiting = [call for call in calls if isinstance(call.body, StateCall)]
    while waiting:
        wave: dict[str, Call] = {}
        later = []
        for call in waiting:
            attempt_id = call.body.attempt_id  # type: ignore[union-attr]  # chosen above
            if attempt_id in wave:
                later.append(call)
            else:
                wave[attempt_id] = call
        await _change_wave(connection, wave, replies, aftermath)
        waiting = later


async def _change_wave(
    connection: "Connection", wave: dict[str, Call], replies: dict[int, Reply], aftermath: Aftermath
) -> None:
    works = await outcomes.lock_work(connection, wave)
    changes: dict[str, Change] = {}
    for attempt_id, call in wave.items():
        work = works.get(attempt_id)
        if work is None or work.attempt is None or work.attempt.runner_id != call.runner_id:
            replies[call.id] = Reply(call, answer=Answer.FORBIDDEN)
            continue
        change, answer = _judge(call, work)
        # An older attempt of an execution that changes in this wave only has its stale answer to get.
        if change is not None and work.execution_id not in changes:
            changes[work.execution_id] = change
            note(aftermath, change)
        replies[call.id] = Reply(call, answer=answer)
    await outcomes.apply_changes(connection, list(changes.values()))
    await _keep_suspensions(connection, wave, changes, aftermath)
    ended = [work for work in works.values() if work.execution_id in changes and changes[work.execution_id].attempt_end]
    if await outcomes.unpark(connection, ended):
        aftermath.dispatch = True


async def _keep_suspensions(
    connection: "Connection", wave: dict[str, Call], changes: dict[str, Change], aftermath: Aftermath
) -> None:
    for change in changes.values():
        body = wave[change.attempt_id].body if change.event is Event.SUSPEND and change.attempt_id else None
        if isinstance(body, FinishAttempt) and body.finish.suspension is not None:
            again = await keep_suspension(connection, change, body.finish.suspension)
            if again is not None:
                await outcomes.apply_changes(connection, [again])
                note(aftermath, again)


def _judge(call: Call, work: Work) -> decisions.Judgement:
    body = call.body
    if isinstance(body, Acknowledge):
        return decisions.acknowledge(work)
    if isinstance(body, Decline):
        return decisions.decline(work, body.reason, delivered=body.delivered)
    assert isinstance(body, FinishAttempt)
    return endings.finish(work, body.finish, call.runner_id)


def note(aftermath: Aftermath, change: Change) -> None:
    """What a change makes necessary after the commit."""
    aftermath.topics.update(("executions", f"execution:{change.execution_id}"))
    if change.attempt_end is not None:
        aftermath.topics.add("runners")
    if change.status is Status.QUEUED and change.waiting_for is None:
        aftermath.dispatch = True


async def _store(
    connection: "Connection", calls: Sequence[Call], replies: dict[int, Reply], aftermath: Aftermath
) -> None:
    """Evidence is taken whatever became of the attempt, as long as it was this runner's."""
    batches: list[ReportedBatch] = []
    for call in calls:
        if isinstance(call.body, Report):
            batches.append(call.body.batch)
        elif isinstance(call.body, FinishAttempt) and replies[call.id].answer is not Answer.FORBIDDEN:
            batches.append(call.body.rest)
    if not batches:
        return
    stored = await store_reports(connection, batches)
    for call in calls:
        if isinstance(call.body, Report):
            batch = call.body.batch
            sequences = stored.get(batch.attempt_id)
            if sequences is None and (batch.node_events or batch.log_lines):
                replies[call.id] = Reply(call, answer=Answer.FORBIDDEN)
                continue
            node_seq, log_seq = sequences or (0, 0)
            replies[call.id] = Reply(call, node_seq=node_seq, log_seq=log_seq)
            aftermath.topics.add(f"execution:{batch.execution_id}")
        elif isinstance(call.body, FinishAttempt) and call.body.attempt_id in stored:
            node_seq, log_seq = stored[call.body.attempt_id]
            replies[call.id] = Reply(call, answer=replies[call.id].answer, node_seq=node_seq, log_seq=log_seq)


async def _renew(
    connection: "Connection", calls: Sequence[Call], replies: dict[int, Reply], aftermath: Aftermath
) -> None:
    renewals = [(call, call.body) for call in calls if isinstance(call.body, RenewSession)]
    if not renewals:
        return
    # What began and lives no more without a result was stopped by its own lease: that lease is left to run out.
    held = {
        (each.attempt_id, call.runner_id)
        for call, body in renewals
        for each in body.attempts
        if each.alive or each.phase is not Phase.BEGUN
    }
    states = await sessions.renew_leases(connection, sorted(held))
    for call, body in renewals:
        instructions = [
            _instruct(call.runner_id, each.execution_id, each.attempt_id, states.get(each.attempt_id))
            for each in body.attempts
            if (each.attempt_id, call.runner_id) in held
        ]
        replies[call.id] = Reply(call, instructions=instructions)
    aftermath.topics.add("runners")


def _instruct(runner_id: str, execution_id: str, attempt_id: str, state: HeldState | None) -> Instruction:
    if state is None or state.runner_id != runner_id:
        return Instruction(execution_id, attempt_id, Order.QUARANTINE, reason="The Hub does not know this attempt.")
    if state.ended:
        return Instruction(execution_id, attempt_id, Order.STOP_NOW, reason="The attempt is over.")
    lease = state.lease_seconds if state.acknowledged else 0.0
    if state.status == Status.STOPPING:
        order = Order.STOP_NOW if state.stop_force else Order.STOP
        return Instruction(execution_id, attempt_id, order, lease, "A stop was asked for.")
    return Instruction(execution_id, attempt_id, Order.CONTINUE, lease)


async def _offer(
    connection: "Connection",
    calls: Sequence[Call],
    replies: dict[int, Reply],
    opened: set[str],
    aftermath: Aftermath,
) -> None:
    """The next offers ride on the replies of those who have a seat free."""
    freeing = [call for call in calls if _frees_a_seat(call, replies)]
    if not freeing:
        return
    ready = {call.runner_id: call for call in freeing}
    offers = await dispatch.claim(connection, CLAIMED_AT_ONCE, list(ready))
    finishes = sum(isinstance(call.body, FinishAttempt) for call in freeing)
    aftermath.seats_left = len(offers) < finishes + len(opened)
    for runner_id, own in group_by_runner(offers).items():
        reply = replies[ready[runner_id].id]
        replies[ready[runner_id].id] = Reply(
            reply.call, answer=reply.answer, offers=own, node_seq=reply.node_seq, log_seq=reply.log_seq
        )
    for offer in offers:
        aftermath.topics.update(("executions", "runners", f"execution:{offer.execution_id}"))


def _frees_a_seat(call: Call, replies: dict[int, Reply]) -> bool:
    if isinstance(call.body, SetPoll):
        return call.body.open
    return isinstance(call.body, FinishAttempt) and replies[call.id].answer in (Answer.OK, Answer.DUPLICATE_OK)


def group_by_runner(offers: Iterable[Offer]) -> dict[str, list[Offer]]:
    """Offers by the runner they go to, in their order."""
    groups: dict[str, list[Offer]] = {}
    for offer in offers:
        groups.setdefault(offer.runner_id, []).append(offer)
    return groups
