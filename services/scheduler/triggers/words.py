"""Spells out durations and instants for descriptions of schedules."""

from datetime import datetime
from zoneinfo import ZoneInfo

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def spell_interval(seconds: int) -> str:
    """`90` → "1 minute and 30 seconds"; `60` → "minute"; at most two units are needed for what people enter."""
    parts = []
    rest = seconds
    for size, unit in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append((count, unit))
    if len(parts) == 1 and parts[0][0] == 1:
        return parts[0][1]
    texts = [f"{count} {unit}{'s' if count > 1 else ''}" for count, unit in parts]
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)


def spell_time(at: datetime, zone: ZoneInfo) -> str:
    """`24 December 2026 at 08:00 (Europe/Berlin)`."""
    local = at.astimezone(zone)
    clock = local.strftime("%H:%M:%S" if local.second else "%H:%M")
    return f"{local.day} {local.strftime('%B %Y')} at {clock} ({zone.key})"
