"""Outcomes at work: breakers are counted, probed and released, ends are counted for the dashboard."""

from typing import TYPE_CHECKING

from services.scheduler.outcomes.breakers import Breakers
from services.scheduler.outcomes.release import Releasers
from services.scheduler.outcomes.tally import Tally

if TYPE_CHECKING:
    from services.scheduler.compose import Core


def compose_breakers(core: "Core", releasers: Releasers) -> Breakers:
    """The turn of this loop. Each kind of trigger brings who releases its held fires."""
    return Breakers(core.pool, core.bells, releasers)


def compose_tally(core: "Core") -> Tally:
    """The turn of the loop that counts ends."""
    return Tally(core.pool)
