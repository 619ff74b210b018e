"""Dates and times in expressions."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from runner.workflow.documents import Json
from runner.workflow.evaluation import Evaluation, ExpressionError, kind_of

MAX_FORMAT_LENGTH = 100
# Only plain directives: the C library pads to any width that stands between `%` and the letter.
_DATE_FORMAT = re.compile(r"(?:[^%]|%[aAbBdHIjmMpSyYzZfuVGcxX%])*")


def now(evaluation: Evaluation, zone: str = "UTC") -> str:
    """This instant as ISO 8601 text in the zone."""
    return _iso(evaluation.environment.now().astimezone(_zone(zone)))


def date(
    evaluation: Evaluation,
    value: Json = None,
    format: str | None = None,  # noqa: A002 - the word its users know
    *,
    zone: str | None = None,
    days: float = 0,
    hours: float = 0,
    minutes: float = 0,
    seconds: float = 0,
) -> str:
    """An instant (ISO 8601 text, seconds since 1970, or null for now), shifted, as text in the zone and format."""
    instant = _instant(evaluation.environment.now() if value is None else value)
    if zone is not None:
        instant = instant.astimezone(_zone(zone))
    instant += timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if format is None:
        return _iso(instant)
    if len(format) > MAX_FORMAT_LENGTH or not _DATE_FORMAT.fullmatch(format):
        raise ExpressionError(f"{format[:MAX_FORMAT_LENGTH]!r} is no date format; use directives as in %Y-%m-%d %H:%M.")
    return instant.strftime(format)


def timestamp(evaluation: Evaluation, value: Json = None) -> float:
    """Seconds since 1970 of an instant."""
    return _instant(evaluation.environment.now() if value is None else value).timestamp()


def _iso(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise ExpressionError(f"There is no time zone {name!r}.") from None


def _instant(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.fromtimestamp(value, UTC)
    if not isinstance(value, str):
        raise ExpressionError(f"date() needs a text, not {kind_of(value)}.")
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        raise ExpressionError(
            f"{value[:40]!r} is no date; write it as in 2026-01-31 or 2026-01-31T09:30:00Z."
        ) from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
