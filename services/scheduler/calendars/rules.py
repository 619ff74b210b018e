"""What schedules ask of calendars: their ids by name, and rules that judge days.

Rules are remembered by a calendar's revision, so planning many schedules on few calendars reads each once.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from services.kit.errors import FieldError
from services.kit.ids import is_id
from services.scheduler.calendars import repository
from services.scheduler.calendars.errors import calendars_unknown
from services.scheduler.calendars.model import DayRule, stack

if TYPE_CHECKING:
    from services.kit.postgres import Connection

REMEMBERED = 1_000

_known: dict[tuple[str, int], DayRule] = {}


async def find_calendars(connection: "Connection", wanted: Sequence[str], pointer: str = "/calendars") -> list[str]:
    """The ids of calendars given by id or name, each once, in the order given.

    Nobody deletes them until the transaction ends. Raises CALENDAR_NOT_FOUND that points at every unknown one.
    """
    given = [text.strip() for text in wanted]
    if not given:
        return []
    ids = [text.lower() for text in given if is_id(text.lower())]
    known = await repository.find_names(connection, ids, [text.lower() for text in given])
    fields = [
        FieldError(f"{pointer}/{place}", f"There is no calendar {text[:100]!r}.")
        for place, text in enumerate(given)
        if text.lower() not in known
    ]
    if fields:
        raise calendars_unknown(fields)
    return list(dict.fromkeys(known[text.lower()] for text in given))


async def load_rules(connection: "Connection", calendar_ids: Iterable[str]) -> Mapping[str, DayRule]:
    """A rule for each of these calendars that exists, as it is now."""
    now = await repository.revisions(connection, sorted(set(calendar_ids)))
    rules = {key[0]: _known[key] for key in now.items() if key in _known}
    missing = [calendar_id for calendar_id in now if calendar_id not in rules]
    if missing:
        for calendar in await repository.find_many(connection, missing):
            rules[calendar.id] = calendar.rule
            _remember((calendar.id, calendar.revision), rules[calendar.id])
    return rules


async def load_stack(connection: "Connection", calendar_ids: Sequence[str]) -> DayRule:
    """All of these calendars as one rule, in their order; without any, every day runs."""
    if not calendar_ids:
        return stack(())
    rules = await load_rules(connection, calendar_ids)
    return stack(rules[calendar_id] for calendar_id in calendar_ids if calendar_id in rules)


def _remember(key: tuple[str, int], rule: DayRule) -> None:
    while len(_known) >= REMEMBERED:
        del _known[next(iter(_known))]
    _known[key] = rule
