"""The breaker of a trigger as plain data, and the one function that says what an outcome makes of it. Pure.

CLOSED: fires run; failures in a row with the same fingerprint are counted. OPEN: fires are held until a probe is due.
PROBING: one fire was let through and its outcome decides. Who holds fires and how held ones are released belongs to the
kind of trigger (see `release`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

DEFAULT_THRESHOLD = 5
DEFAULT_PROBE_SECONDS = 300.0
DEFAULT_PROBE_MAX_SECONDS = 3_600.0
DEFAULT_RELEASE_MAX = 100


class Breaker(StrEnum):
    """What a trigger's fires meet."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    PROBING = "PROBING"


class Admission(StrEnum):
    """What the caller does with a fire now."""

    FIRE = "FIRE"
    HOLD = "HOLD"


class Result(StrEnum):
    """What an ended execution says about its workflow. NEUTRAL: nothing (lost, stopped, never run)."""

    OK = "OK"
    FAILED = "FAILED"
    NEUTRAL = "NEUTRAL"


class ReleasePolicy(StrEnum):
    """What becomes of held fires when the trigger goes on: one execution for all of them, or one for each."""

    COALESCE = "COALESCE"
    ALL = "ALL"


@dataclass(frozen=True, slots=True)
class Settings:
    """When a trigger pauses and how it comes back. `release` None: as the trigger's kind thinks best.

    `threshold`: failures in a row; the delay before a probe doubles from `probe_seconds` to `probe_max_seconds`.
    """

    enabled: bool = True
    threshold: int = DEFAULT_THRESHOLD
    probe_seconds: float = DEFAULT_PROBE_SECONDS
    probe_max_seconds: float = DEFAULT_PROBE_MAX_SECONDS
    release: ReleasePolicy | None = None
    release_max: int = DEFAULT_RELEASE_MAX


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one execution of the trigger ended. `fingerprint` is empty unless it failed."""

    execution_id: str
    result: Result
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """A breaker with its settings. `streak` counts failures in a row with `fingerprint`.

    `opened_at` is set while it is not CLOSED, `probe_at` while it is OPEN: when the next probe may go.
    After it closed, `release_left` executions may still come of held fires; None when none are left to release.
    """

    settings: Settings = field(default_factory=Settings)
    breaker: Breaker = Breaker.CLOSED
    streak: int = 0
    fingerprint: str = ""
    last_execution_id: str | None = None
    opened_at: datetime | None = None
    probe_at: datetime | None = None
    probe_delay_seconds: float = 0.0
    probe_execution_id: str | None = None
    release_left: int | None = None


def fold(state: State, outcomes: Sequence[Outcome], now: datetime) -> State:
    """What the outcomes, in the order in which they ended, make of the breaker."""
    for outcome in outcomes:
        state = _fold_one(state, outcome, now)
    return state


def close(state: State) -> State:
    """Fires run again, and held ones are to be released."""
    return replace(
        state,
        breaker=Breaker.CLOSED,
        streak=0,
        fingerprint="",
        opened_at=None,
        probe_at=None,
        probe_delay_seconds=0.0,
        probe_execution_id=None,
        release_left=state.settings.release_max,
    )


def begin_probe(state: State, execution_id: str) -> State:
    """One held fire goes."""
    return replace(state, breaker=Breaker.PROBING, probe_at=None, probe_execution_id=execution_id)


def give_up_probe(state: State, now: datetime) -> State:
    """The probe said nothing: another one may go after the same delay."""
    return _wait(state, state.probe_delay_seconds, now)


def hasten(state: State, now: datetime) -> State:
    """A delay that was made shorter holds for the probe that is waited for, too."""
    seconds = state.settings.probe_seconds
    if state.probe_at is None or state.probe_delay_seconds <= seconds:
        return state
    at = min(state.probe_at, now + timedelta(seconds=seconds))
    return replace(state, probe_at=at, probe_delay_seconds=seconds)


def _fold_one(state: State, outcome: Outcome, now: datetime) -> State:
    if state.breaker is Breaker.PROBING:
        return _fold_probe(state, outcome, now) if outcome.execution_id == state.probe_execution_id else state
    if state.breaker is Breaker.OPEN:
        # Work that began before it paused went well, or a person tried: no reason to wait for the whole delay.
        hopeful = outcome.result is Result.OK and (state.probe_at is None or state.probe_at > now)
        return replace(state, probe_at=now) if hopeful else state
    if outcome.result is Result.NEUTRAL:
        return state
    if outcome.result is Result.OK:
        return replace(state, streak=0, fingerprint="")
    same = outcome.fingerprint == state.fingerprint
    counted = replace(
        state,
        streak=state.streak + 1 if same else 1,
        fingerprint=outcome.fingerprint,
        last_execution_id=outcome.execution_id,
    )
    if not state.settings.enabled or counted.streak < state.settings.threshold:
        return counted
    # Fires held until now and not yet released stay held.
    opened = replace(counted, breaker=Breaker.OPEN, opened_at=now, release_left=None)
    return _wait(opened, state.settings.probe_seconds, now)


def _fold_probe(state: State, outcome: Outcome, now: datetime) -> State:
    if outcome.result is Result.OK:
        return close(state)
    if outcome.result is Result.NEUTRAL:
        return give_up_probe(state, now)
    failed = replace(
        state, streak=state.streak + 1, fingerprint=outcome.fingerprint, last_execution_id=outcome.execution_id
    )
    return _wait(failed, min(state.probe_delay_seconds * 2, state.settings.probe_max_seconds), now)


def _wait(state: State, seconds: float, now: datetime) -> State:
    return replace(
        state,
        breaker=Breaker.OPEN,
        probe_at=now + timedelta(seconds=seconds),
        probe_delay_seconds=seconds,
        probe_execution_id=None,
    )
