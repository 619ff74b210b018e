"""Values of the fire in a trigger's inputs: `{{ fire.date }}` becomes the day the fire stands for, also in a backfill.

Plain replacement of a few names; expressions never run in this process.
"""

import json
import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

_PLACEHOLDER = re.compile(r"\{\{\s*fire\.(at|local|date|time)\s*\}\}")


def fill(inputs: bytes, fire_at: datetime, timezone: str) -> bytes:
    """The inputs with `fire.at` (UTC), `fire.local` (with its offset), `fire.date`, `fire.time` (both local) put in."""
    if b"{{" not in inputs:
        return inputs
    local = fire_at.astimezone(ZoneInfo(timezone))
    values = {
        "at": fire_at.isoformat().replace("+00:00", "Z"),
        "local": local.isoformat(),
        "date": local.date().isoformat(),
        "time": local.strftime("%H:%M:%S"),
    }
    return json.dumps(_filled(json.loads(inputs), values), separators=(",", ":"), ensure_ascii=False).encode()


def _filled(value: Any, values: dict[str, str]) -> Any:
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda match: values[match[1]], value)
    if isinstance(value, list):
        return [_filled(item, values) for item in value]
    if isinstance(value, dict):
        return {name: _filled(item, values) for name, item in value.items()}
    return value
