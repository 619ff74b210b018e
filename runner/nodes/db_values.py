"""Values between databases and JSON, both ways. Owns which database type becomes what in a row."""

import base64
import binascii
import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from runner.workflow.documents import Json


def json_value(value: Any) -> Json:
    """A value of a row: dates as ISO text, bytes as base64, spans as seconds.

    Decimals become numbers where a number holds them exactly, else text: nothing is rounded.
    """
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case Decimal():
            return _decimal(value)
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case bytes() | bytearray() | memoryview():
            return base64.b64encode(value).decode()
        case list() | tuple() | set() | frozenset():
            return [json_value(inner) for inner in value]
        case Mapping():
            return {str(key): json_value(inner) for key, inner in value.items()}
    return str(value)


def _decimal(value: Decimal) -> Json:
    if not value.is_finite():
        return str(value)
    if value == value.to_integral_value():
        return int(value) if abs(value.adjusted()) < 30 else str(value)
    number = float(value)
    return number if Decimal(repr(number)) == value else str(value)


def postgres_value(value: Any, type_name: str) -> Any:
    """What the driver wants for a parameter of the type. Raises ValueError, TypeError for what does not fit."""
    if value is None:
        return None
    if type_name.endswith("[]") and isinstance(value, list):
        return [postgres_value(inner, type_name[:-2]) for inner in value]
    if isinstance(value, str):
        convert = _FROM_TEXT.get(type_name)
        return value if convert is None else convert(value)
    if type_name in ("json", "jsonb"):
        return json.dumps(value)
    if type_name in ("text", "varchar", "bpchar", "name", "citext", "unknown"):
        return json.dumps(value, ensure_ascii=False)
    if type_name == "numeric" and not isinstance(value, bool):
        return Decimal(str(value))
    if type_name == "interval":
        return timedelta(seconds=value)
    if isinstance(value, float) and type_name.startswith("int") and value.is_integer():
        return int(value)
    return value


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"bytes are written as base64: {error}") from error


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _boolean(text: str) -> bool:
    return {"true": True, "false": False}[text.strip().lower()]


_FROM_TEXT: Final[Mapping[str, Callable[[str], Any]]] = {
    "date": lambda text: datetime.fromisoformat(text).date(),
    "time": time.fromisoformat,
    "timetz": time.fromisoformat,
    "timestamp": lambda text: datetime.fromisoformat(text).replace(tzinfo=None),
    "timestamptz": _instant,
    "interval": lambda text: timedelta(seconds=float(text)),
    "numeric": Decimal,
    "int2": int,
    "int4": int,
    "int8": int,
    "float4": float,
    "float8": float,
    "bool": _boolean,
    "bytea": _bytes,
    "json": json.dumps,
    "jsonb": json.dumps,
}
