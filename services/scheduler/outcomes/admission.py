"""Asks the breaker before something fires: the one door for every kind of trigger.

`admit` works in the transaction that stores the fire. A HOLD stays true until that transaction ends: a fire that is
stored as held is there when held fires are released, however many processes fire and release at once.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from services.scheduler.outcomes import repository
from services.scheduler.outcomes.model import Admission, Breaker

if TYPE_CHECKING:
    from services.kit.postgres import Connection


async def admit(connection: "Connection", trigger_ids: Iterable[str]) -> Mapping[str, Admission]:
    """What is to be done with the fires of each trigger, now.

    FIRE: start them. HOLD: store them as held; the loop lets one of them go as the probe when it is time, and all of
    them after it went well. One statement while nothing is paused; call it once in a transaction, before storing
    anything that a release would look for.
    """
    wanted = repository.sorted_ids(trigger_ids)
    paused = await repository.find_paused(connection, wanted)
    admissions = dict.fromkeys(wanted, Admission.FIRE)
    if paused:
        # Whoever held the locks before may have released: only what is read under them counts.
        await repository.lock(connection, paused)
        states = await repository.read(connection, paused)
        admissions |= {
            trigger_id: Admission.HOLD for trigger_id, state in states.items() if state.breaker is not Breaker.CLOSED
        }
    return admissions
