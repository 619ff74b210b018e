"""Time zones: names judged, wall clock times placed on the real time line, and a fingerprint of a zone's rules.

Owns what happens at a change of the clocks. Instants are aware and in UTC, wall times are naive.
"""

import hashlib
import importlib.resources
import zoneinfo
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

SECOND = timedelta(seconds=1)
PROBE = timedelta(hours=12)
"""No zone ever changed its offset twice within so short a time."""
LONGEST_NAME = 64


class UnknownZoneError(ValueError):
    """`suggestions` are names that look like the one given."""

    def __init__(self, name: str, suggestions: list[str]) -> None:
        super().__init__(name)
        self.suggestions = suggestions


@cache
def _names() -> dict[str, str]:
    """Every IANA name by its lower case."""
    return {name.lower(): name for name in zoneinfo.available_timezones()}


def read_zone(name: str) -> ZoneInfo:
    """Raises UnknownZoneError for anything but an IANA name, spelled as IANA does."""
    names = _names()
    if names.get(name.lower()) == name:
        return ZoneInfo(name)
    raise UnknownZoneError(name, _suggest(name[:LONGEST_NAME].strip().lower().replace(" ", "_"), names))


def _suggest(wanted: str, names: dict[str, str]) -> list[str]:
    exact = [names[wanted]] if wanted in names else []
    # People name the city alone, or spell it a little differently.
    by_city = [name for low, name in sorted(names.items()) if wanted and low.rpartition("/")[2] == wanted]
    by_likeness = [names[low] for low in get_close_matches(wanted, names, n=3, cutoff=0.75)]
    cities = {low.rpartition("/")[2]: name for low, name in sorted(names.items(), reverse=True)}
    by_likeness += [cities[city] for city in get_close_matches(wanted.rpartition("/")[2], cities, n=3, cutoff=0.8)]
    return list(dict.fromkeys([*exact, *by_city, *by_likeness]))[:3]


@cache
def fingerprint(name: str) -> str:
    """Of the rules this process uses for a zone: changes with its time zone data, and only for the zones concerned.

    Empty for a zone that has gone from the data.
    """
    try:
        return hashlib.sha256(_data(name)).hexdigest()[:16]
    except (OSError, ModuleNotFoundError):
        return ""


def _data(name: str) -> bytes:
    for folder in zoneinfo.TZPATH:
        path = Path(folder, name)
        if path.is_file():
            return path.read_bytes()
    package, _, file = f"tzdata.zoneinfo.{name.replace('/', '.')}".rpartition(".")
    return (importlib.resources.files(package) / file).read_bytes()


def offset_at(zone: ZoneInfo, at: datetime) -> timedelta:
    """How far the wall clock is ahead of UTC at an instant."""
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    return offset


def wall_at(zone: ZoneInfo, at: datetime) -> datetime:
    """What the wall clock shows."""
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def place(zone: ZoneInfo, wall: datetime) -> datetime:
    """The instant of a wall time: the first of two in an overlap, the end of the gap inside a gap."""
    at = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if wall_at(zone, at) == wall:
        return at
    # With the offset after the gap it lies before the change, with the one before the gap behind it.
    change = first_change(zone, wall.replace(tzinfo=zone, fold=1).astimezone(UTC) - SECOND, at)
    assert change is not None
    return change


def first_change(zone: ZoneInfo, after: datetime, until: datetime) -> datetime | None:
    """The first instant in (after, until] whose offset differs from the one at `after`, to the second."""
    offset, low = offset_at(zone, after), after
    while low < until:
        high = min(low + PROBE, until)
        if offset_at(zone, high) != offset:
            break
        low = high
    else:
        return None
    while high - low > SECOND:
        middle = low + (high - low) / 2
        if offset_at(zone, middle) == offset:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def is_ambiguous(zone: ZoneInfo, at: datetime) -> bool:
    """True when the wall clock shows this time twice."""
    wall = wall_at(zone, at)
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return first != second and wall_at(zone, second) == wall


def gap_before(zone: ZoneInfo, at: datetime) -> tuple[datetime, datetime] | None:
    """The wall times from (included) and to (excluded) that the clock jumps over at exactly this instant."""
    before, after = offset_at(zone, at - SECOND), offset_at(zone, at)
    if after <= before:
        return None
    naive = at.astimezone(UTC).replace(tzinfo=None)
    return naive + before, naive + after
