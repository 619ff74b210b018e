"""How held fires are let go. Each kind of trigger keeps its own held fires and registers who releases them.

A releaser works in the transaction that has locked the trigger's breaker: no fire is being held meanwhile, so what is
released is all there is. After the commit the loop announces the executions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from services.scheduler.outcomes.model import ReleasePolicy

if TYPE_CHECKING:
    from services.kit.postgres import Connection

RELEASED_AT_ONCE = 200
"""Executions made in one transaction of a release; further ones follow in the next."""


@dataclass(frozen=True, slots=True)
class Release:
    """What is to be let go now. `policy` None: as the kind thinks best.

    `probe`: exactly one held fire goes and nothing else changes. Otherwise at most `maximum` executions are made; when
    it is the `last` turn, held fires beyond that are settled without one, and their rows say so.
    """

    probe: bool = False
    policy: ReleasePolicy | None = None
    maximum: int = 1
    last: bool = True


@dataclass(frozen=True, slots=True)
class Released:
    """The ids of the executions made, and whether held fires are left for another turn."""

    execution_ids: Sequence[str] = ()
    more: bool = False


class Releaser(Protocol):
    """Lets held fires of one kind of trigger go."""

    async def find_holding(self, connection: "Connection", trigger_ids: Sequence[str]) -> set[str]:
        """Those of the triggers that hold at least one fire; one statement."""
        ...

    async def release(self, connection: "Connection", trigger_id: str, wanted: Release) -> Released:
        """In the caller's transaction; what was released before makes nothing.

        Locks of its own never wait (SKIP LOCKED): what is locked elsewhere is left, and `more` is true. Raises a
        DomainError when nothing can be released now: then all of it waits for another turn.
        """
        ...


Releasers = Mapping[str, Releaser]
"""By the trigger's kind: SCHEDULE, WEBHOOK."""
