"""The ledger's words, and the decision what becomes of due fires. Pure.

Every fire gets one of these outcomes, with a reason where there is something to say:

FIRED in time, an execution was made · LATE the same, after the grace · HELD the breaker is open, it waits · QUEUED the
previous execution has not ended, it waits · COALESCED another fire stands for it · SKIPPED on purpose none · MISSED its
time passed and the policy does not repeat it, backfill can · BACKFILLED missed, then executed because a person asked ·
DUPLICATE a living execution held the deduplication key.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.scheduler.triggers.schedules import Misfire, Overlap


class Outcome(StrEnum):
    """What became of a fire."""

    FIRED = "FIRED"
    HELD = "HELD"
    COALESCED = "COALESCED"
    QUEUED = "QUEUED"
    SKIPPED = "SKIPPED"
    LATE = "LATE"
    MISSED = "MISSED"
    BACKFILLED = "BACKFILLED"
    DUPLICATE = "DUPLICATE"


class Reason(StrEnum):
    """Why, where the outcome alone does not say it."""

    NONE = ""
    MISFIRE = "MISFIRE"
    MISFIRE_LIMIT = "MISFIRE_LIMIT"
    COMPACTED = "COMPACTED"
    OVERLAP = "OVERLAP"
    STOPPING_PREVIOUS = "STOPPING_PREVIOUS"
    BREAKER = "BREAKER"
    CALENDAR = "CALENDAR"
    DISABLED = "DISABLED"
    NOT_PUBLISHED = "NOT_PUBLISHED"
    WORKFLOW_NOT_FOUND = "WORKFLOW_NOT_FOUND"
    WORKFLOW_UNUSABLE = "WORKFLOW_UNUSABLE"
    INPUTS_INVALID = "INPUTS_INVALID"
    LICENCE_REFUSED = "LICENCE_REFUSED"
    RESTORED = "RESTORED"
    BY_HAND = "BY_HAND"
    INTERNAL = "INTERNAL"


@dataclass(frozen=True, slots=True)
class DueFire:
    """A fire to be decided. `late_seconds` from its due time; `waited`: it was HELD or QUEUED until now."""

    fire_at: datetime
    late_seconds: float
    blocked: bool = False
    waited: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """How a trigger stands when its fires are decided. `obstacle`: why no execution can be made at all.

    `live`: an execution of it has not ended; `waiting`: the fire that is QUEUED behind it.
    """

    misfire: Misfire
    misfire_max: int
    grace_seconds: float
    overlap: Overlap
    enabled: bool = True
    held: bool = False
    live: bool = False
    waiting: datetime | None = None
    obstacle: Reason = Reason.NONE


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one fire. FIRED and LATE need an execution, which may still turn them into DUPLICATE."""

    fire_at: datetime
    outcome: Outcome
    reason: Reason = Reason.NONE
    merged_into: datetime | None = None

    @property
    def executes(self) -> bool:
        """True when an execution is to be made."""
        return self.outcome in (Outcome.FIRED, Outcome.LATE)


def decide(situation: Situation, fires: Sequence[DueFire]) -> list[Decision]:
    """One decision for each of a trigger's due fires, given oldest first. All that are due come together."""
    decisions: list[Decision] = []
    candidates: list[tuple[DueFire, Decision]] = []
    late = []
    for fire in fires:
        if not situation.enabled:
            decisions.append(Decision(fire.fire_at, Outcome.SKIPPED, Reason.DISABLED))
        elif fire.blocked:
            decisions.append(Decision(fire.fire_at, Outcome.SKIPPED, Reason.CALENDAR))
        elif not fire.waited and fire.late_seconds > situation.grace_seconds:
            late.append(fire)
        else:
            candidates.append((fire, Decision(fire.fire_at, Outcome.FIRED)))
    repeated, settled = _judge_late(situation, late)
    decisions += settled
    candidates += repeated
    candidates.sort(key=lambda each: each[0].fire_at)
    decisions += _judge_candidates(situation, [decision for _, decision in candidates])
    return sorted(decisions, key=lambda decision: decision.fire_at)


def _judge_late(situation: Situation, late: Sequence[DueFire]) -> tuple[list[tuple[DueFire, Decision]], list[Decision]]:
    """Those that are executed after all, and those that are settled without."""
    if not late:
        return [], []
    if situation.misfire is Misfire.SKIP:
        return [], [Decision(fire.fire_at, Outcome.MISSED, Reason.MISFIRE) for fire in late]
    if situation.misfire is Misfire.ONCE:
        newest = late[-1]
        merged = [Decision(fire.fire_at, Outcome.COALESCED, Reason.MISFIRE, newest.fire_at) for fire in late[:-1]]
        return [(newest, Decision(newest.fire_at, Outcome.LATE, Reason.MISFIRE))], merged
    kept = late[-situation.misfire_max :]
    beyond = late[: -situation.misfire_max]
    missed = [Decision(fire.fire_at, Outcome.MISSED, Reason.MISFIRE_LIMIT) for fire in beyond]
    return [(fire, Decision(fire.fire_at, Outcome.LATE, Reason.MISFIRE)) for fire in kept], missed


def _judge_candidates(situation: Situation, candidates: Sequence[Decision]) -> list[Decision]:
    """What stands against an execution now: the breaker, the workflow, an execution that has not ended."""
    if situation.held:
        return [replace(each, outcome=Outcome.HELD, reason=Reason.BREAKER) for each in candidates]
    if situation.obstacle is Reason.LICENCE_REFUSED:
        # No fault of the schedule: backfill can make up for it.
        return [replace(each, outcome=Outcome.MISSED, reason=situation.obstacle) for each in candidates]
    if situation.obstacle:
        return [replace(each, outcome=Outcome.SKIPPED, reason=situation.obstacle) for each in candidates]
    decisions = []
    live, waiting = situation.live, situation.waiting
    for each in candidates:
        if situation.overlap is Overlap.ALLOW or not live:
            decisions.append(each)
            live = True
        elif situation.overlap is Overlap.SKIP:
            decisions.append(replace(each, outcome=Outcome.SKIPPED, reason=Reason.OVERLAP))
        elif waiting is not None:
            decisions.append(replace(each, outcome=Outcome.COALESCED, reason=Reason.OVERLAP, merged_into=waiting))
        else:
            stops = situation.overlap is Overlap.STOP_PREVIOUS
            reason = Reason.STOPPING_PREVIOUS if stops else Reason.OVERLAP
            decisions.append(replace(each, outcome=Outcome.QUEUED, reason=reason))
            waiting = each.fire_at
    return decisions


EXPLANATIONS = {
    Reason.NONE: "",
    Reason.MISFIRE: "The Hub could not fire in time; the schedule's misfire policy decided.",
    Reason.MISFIRE_LIMIT: "More fires were overdue than the misfire policy repeats.",
    Reason.COMPACTED: "Part of a very long run of overdue fires, which share a row.",
    Reason.OVERLAP: "The previous execution had not ended.",
    Reason.STOPPING_PREVIOUS: "The previous execution is being stopped first.",
    Reason.BREAKER: "The trigger was paused because its executions failed alike.",
    Reason.CALENDAR: "A calendar forbids the day.",
    Reason.DISABLED: "The trigger was disabled or deleted.",
    Reason.NOT_PUBLISHED: "The workflow has no published version.",
    Reason.WORKFLOW_NOT_FOUND: "The workflow was deleted.",
    Reason.WORKFLOW_UNUSABLE: "The workflow's published version cannot be executed.",
    Reason.INPUTS_INVALID: "The trigger's inputs do not fit what the workflow declares.",
    Reason.LICENCE_REFUSED: "The licence allowed no new executions.",
    Reason.RESTORED: "The Hub was restored from an older backup: this fire and those up to then may have happened.",
    Reason.BY_HAND: "A person asked for it.",
    Reason.INTERNAL: "The Hub met an error of its own; its log says more.",
}
"""For people."""
