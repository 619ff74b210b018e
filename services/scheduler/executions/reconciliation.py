"""A runner says Hello: what it holds against what the Hub believes. Pure; answers changes and instructions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from services.scheduler.executions import decisions
from services.scheduler.executions.calls import Held, Phase
from services.scheduler.executions.lifecycle import Status
from services.scheduler.executions.model import AttemptEnd, Change, Instruction, Order, Work


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What becomes of every attempt: `adopted` ones go on in the new session."""

    changes: tuple[Change, ...]
    instructions: tuple[Instruction, ...]
    adopted: tuple[str, ...]


def reconcile(
    runner_id: str, held: Sequence[Held], known: Mapping[str, Work], believed: Sequence[str], *, same_boot: bool
) -> Reconciled:
    """`known`: locked work by attempt id, of everything held or believed; `believed`: live attempts on this runner."""
    changes: list[Change] = []
    instructions: list[Instruction] = []
    adopted: list[str] = []
    for each in held:
        work = known.get(each.attempt_id)
        change, order, reason = _judge(runner_id, each, work, same_boot=same_boot)
        lease = 0.0
        if change is not None:
            changes.append(change)
        elif work is not None and work.attempt is not None and work.attempt.ended is None and _is_own(runner_id, work):
            adopted.append(each.attempt_id)
            lease = work.attempt.lease_seconds if work.attempt.acknowledged else 0.0
        instructions.append(Instruction(each.execution_id, each.attempt_id, order, lease, reason))
    told = {each.attempt_id for each in held}
    changes += [_missing(known[attempt_id]) for attempt_id in believed if attempt_id not in told]
    return Reconciled(tuple(changes), tuple(instructions), tuple(adopted))


def say_goodbye(works: Sequence[Work]) -> tuple[Change, ...]:
    """The runner left in order, and whatever it still held is over at once: nothing of it can act any more."""
    return tuple(_missing(work, "GOODBYE", "The runner said goodbye before the work was done.") for work in works)


def _is_own(runner_id: str, work: Work) -> bool:
    return work.attempt is not None and work.attempt.runner_id == runner_id


def _judge(runner_id: str, held: Held, work: Work | None, *, same_boot: bool) -> tuple[Change | None, Order, str]:
    if work is None or work.attempt is None or not _is_own(runner_id, work):
        return None, Order.QUARANTINE, "The Hub does not know this attempt."
    if held.phase is Phase.FINISHED:
        return None, Order.SEND_FINISH, ""
    if work.attempt.ended is not None:
        return None, Order.STOP_NOW, "The attempt is over."
    if held.phase is Phase.ACCEPTED and not same_boot:
        return decisions.not_begun(work), Order.STOP_NOW, "It had not begun when the runner restarted."
    if held.phase is Phase.BEGUN and not held.alive:
        return _gone(work, same_boot=same_boot), Order.STOP_NOW, "Its processes are gone."
    if work.status is Status.STOPPING:
        return None, Order.STOP_NOW if work.stop_force else Order.STOP, "A stop was asked for."
    return None, Order.CONTINUE, ""


def _gone(work: Work, *, same_boot: bool) -> Change:
    if work.status is Status.STOPPING:
        return decisions.children_gone(work)
    if same_boot:  # no result, though the agent lives: it stopped the work at the end of the lease
        return decisions.lose(work, "FENCED", "The runner could not reach the Hub and stopped the work itself.")
    return decisions.lose(work, "RUNNER_RESTARTED", "The runner restarted while it was at work.")


def _missing(
    work: Work, reason: str = "NOT_HELD", message: str = "The runner came back without knowing of this work."
) -> Change:
    if work.status is Status.ASSIGNED:
        return decisions.give_back(work, AttemptEnd.RETURNED, "the offer was lost with the connection")
    if work.status is Status.STOPPING:
        return decisions.children_gone(work)
    if work.attempt is not None:
        work = replace(work, attempt=replace(work.attempt, lease_left_seconds=0.0))
    return decisions.lose(work, reason, message)
