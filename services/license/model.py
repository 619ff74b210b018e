"""Entitlements and verdicts. The built-in community edition is what holds without any licence."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

COMMUNITY_RUNNERS: Final = 10
"""Runners that may be registered without a licence."""

COMMUNITY_CONCURRENT_EXECUTIONS: Final = 100
"""Executions that may run at the same time without a licence."""

VERDICT_SECONDS: Final = 60.0
"""How long a caller may keep a verdict before it asks again."""

RUNNER_SEAT: Final = "runner"


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What the installation may do. `state` is "community", "valid", "grace" or "expired"."""

    edition: str
    customer: str
    state: str
    runners: int
    concurrent_executions: int
    expires_at: datetime | None = None

    def seats(self, kind: str) -> int | None:
        """How many seats of a kind there are; None for a kind nobody sells."""
        return self.runners if kind == RUNNER_SEAT else None


COMMUNITY: Final = Entitlement(
    edition="community",
    customer="",
    state="community",
    runners=COMMUNITY_RUNNERS,
    concurrent_executions=COMMUNITY_CONCURRENT_EXECUTIONS,
)


@dataclass(frozen=True, slots=True)
class Seat:
    """A seat that is held, and how many there are in all."""

    number: int
    limit: int
