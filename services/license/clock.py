"""Time that does not go back: the machine's clock, held against the latest time it has shown before.

The mark is kept sealed with the installation key, so it cannot be moved in the database without that key. It follows a
clock that is far ahead only slowly: a clock that stood wrong for an hour must not end a licence for good.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from services.kit.sealing import Binding

RELEASED_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""No machine that runs this version lives in an earlier time; moved forward with releases."""

TOLERANCE: Final = timedelta(hours=1)
"""Clocks are corrected backwards by this much without a word."""

CATCH_UP: Final = 60
"""The mark moves at most so many times as fast as time: after a month of standstill it is up to date in half a day."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The time to judge by, and how far behind it the clock is."""

    now: datetime
    behind: timedelta

    @property
    def rolled_back(self) -> bool:
        """Whether the clock was set back, or is wrong otherwise."""
        return self.behind > TOLERANCE


def read_clock(shown: datetime, mark: datetime | None) -> Reading:
    """`shown` is what the machine's clock says."""
    now = max(shown, RELEASED_AT, mark or RELEASED_AT)
    return Reading(now, now - shown)


def advance(mark: datetime | None, shown: datetime, elapsed_seconds: float) -> datetime:
    """The mark after so many seconds more. Without one it begins with the clock."""
    if mark is None:
        return max(shown, RELEASED_AT)
    return max(mark, min(shown, mark + timedelta(seconds=elapsed_seconds * CATCH_UP)))


def mark_binding(installation_id: str) -> Binding:
    """What a sealed mark belongs to."""
    return Binding("clock mark", installation_id, 1)


def encode_mark(at: datetime) -> bytes:
    """To be sealed."""
    return at.isoformat().encode()


def decode_mark(data: bytes) -> datetime:
    """What `encode_mark` made."""
    return datetime.fromisoformat(data.decode())
