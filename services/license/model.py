"""What a licence says, and what it allows at an instant. The built-in community edition holds without any licence.

Knows neither files nor signatures (`envelope`), and no clock of its own.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

COMMUNITY_RUNNERS: Final = 10
"""Runners that may be registered without a licence."""

COMMUNITY_CONCURRENT_EXECUTIONS: Final = 100
"""Executions that may run at the same time without a licence."""

VERDICT_SECONDS: Final = 60.0
"""How long a caller may keep a verdict before it asks again."""

RUNNER_SEAT: Final = "runner"
EVERYWHERE: Final = "*"
"""Instead of an installation's id: the licence holds on any."""

WARNED: Final = timedelta(days=30)
"""So long before the end people are told."""
GRACE: Final = timedelta(days=14)
"""After the end nothing changes for so long."""
FREEZE: Final = timedelta(days=30)
"""Then nothing may be added for so long; after it the limits of the community edition hold."""


class State(StrEnum):
    """How far along a licence is."""

    COMMUNITY = "community"
    VALID = "valid"
    GRACE = "grace"
    FROZEN = "frozen"
    EXPIRED = "expired"


class Stage(StrEnum):
    """What people are told of once for each licence; the names of the events."""

    EXPIRING = "license.expiring"
    EXPIRED = "license.expired"
    FROZEN = "license.frozen"
    LAPSED = "license.lapsed"


@dataclass(frozen=True, slots=True)
class Terms:
    """What was sold. `expires_at` is None for a licence without end; `installation_id` may be EVERYWHERE."""

    id: str
    customer: str
    edition: str
    runners: int
    concurrent_executions: int
    features: tuple[str, ...]
    not_before: datetime
    expires_at: datetime | None
    installation_id: str
    issued_at: datetime

    @property
    def grace_until(self) -> datetime | None:
        """From then on nothing may be added."""
        return None if self.expires_at is None else self.expires_at + GRACE

    @property
    def frozen_until(self) -> datetime | None:
        """From then on the limits of the community edition hold."""
        return None if self.expires_at is None else self.expires_at + GRACE + FREEZE


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What the installation may do; `terms` are those of the licence in force, also once they no longer count."""

    state: State = State.COMMUNITY
    runners: int = COMMUNITY_RUNNERS
    concurrent_executions: int = COMMUNITY_CONCURRENT_EXECUTIONS
    terms: Terms | None = None

    @property
    def frozen(self) -> bool:
        """Whether nothing may be added. What runs and what is scheduled goes on."""
        return self.state is State.FROZEN

    @property
    def edition(self) -> str:
        """By whose limits it goes."""
        return "community" if self.terms is None or self.state is State.EXPIRED else self.terms.edition

    def seats(self, kind: str) -> int | None:
        """How many seats of a kind there are; None for a kind nobody sells."""
        return self.runners if kind == RUNNER_SEAT else None


COMMUNITY: Final = Entitlement()


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds now and what else people want to know. `problem` says what is wrong and what to do, or is ""."""

    entitlement: Entitlement = field(default_factory=Entitlement)
    installation_id: str = ""
    key_id: str = ""
    installed_at: datetime | None = None
    installed_by: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Seat:
    """A seat that is held, and how many there are in all."""

    number: int
    limit: int


def judge(terms: Terms | None, now: datetime) -> Entitlement:
    """What an installed licence allows now. Its beginning was judged when it was installed."""
    if terms is None:
        return COMMUNITY
    state = _state_of(terms, now)
    if state is State.EXPIRED:
        return Entitlement(state=state, terms=terms)
    return Entitlement(state, terms.runners, terms.concurrent_executions, terms)


def stages_reached(terms: Terms, now: datetime) -> list[Stage]:
    """In their order; none for a licence without end."""
    if terms.expires_at is None:
        return []
    begins = {
        Stage.EXPIRING: terms.expires_at - WARNED,
        Stage.EXPIRED: terms.expires_at,
        Stage.FROZEN: terms.expires_at + GRACE,
        Stage.LAPSED: terms.expires_at + GRACE + FREEZE,
    }
    return [stage for stage, at in begins.items() if now >= at]


def _state_of(terms: Terms, now: datetime) -> State:
    reached = stages_reached(terms, now)
    ended: dict[Stage, State] = {
        Stage.LAPSED: State.EXPIRED,
        Stage.FROZEN: State.FROZEN,
        Stage.EXPIRED: State.GRACE,
    }
    return next((state for stage, state in ended.items() if stage in reached), State.VALID)
