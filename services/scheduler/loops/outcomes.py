"""Breakers at work: counts what executions of triggers came to, probes, releases."""

from typing import TYPE_CHECKING

from services.scheduler.outcomes.breakers import Breakers
from services.scheduler.outcomes.release import Releasers

if TYPE_CHECKING:
    from services.scheduler.compose import Core


def compose_breakers(core: "Core", releasers: Releasers) -> Breakers:
    """The turn of this loop. Each kind of trigger brings who releases its held fires."""
    return Breakers(core.pool, core.bells, releasers)
