"""What the text of a CSV field means, and how a JSON value is written as one."""

import json
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final, Literal

ColumnType = Literal["text", "number", "boolean", "date"]
DecimalSign = Literal[".", ","]

_PLAIN_NUMBER: Final = re.compile(r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d{1,3})?\Z", re.ASCII)
_GROUPED_NUMBER: Final = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?\Z", re.ASCII)
_ZERO_FIRST: Final = re.compile(r"[+-]?0\d")
_SPACES_AND_QUOTES: Final = str.maketrans(dict.fromkeys(" '\u2019\u00a0\u202f", ","))
_SWAP_SIGNS: Final = str.maketrans(",.", ".,")
_BOOLEANS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
MAX_NUMBER_DIGITS: Final = 400
_LONG: Final = 10**15


def parse_number(text: str, decimal: DecimalSign) -> int | float:
    """A number as people write it: `1,234.5`, `1 234.5`, `1'234`; whole numbers stay whole. Raises ValueError."""
    plain = text.strip()
    if decimal == ",":
        plain = plain.translate(_SWAP_SIGNS)
    plain = plain.translate(_SPACES_AND_QUOTES)
    if _GROUPED_NUMBER.match(plain):
        plain = plain.replace(",", "")
    if not _PLAIN_NUMBER.match(plain) or len(plain) > MAX_NUMBER_DIGITS:
        raise ValueError("is no number")
    if plain.lstrip("+-").isdigit():
        return int(plain)
    number = float(plain)
    if number in (float("inf"), float("-inf")):
        raise ValueError("is too large for a number")
    return number


def parse_boolean(text: str) -> bool:
    """True or false from true, yes, 1, false, no, 0 in any case. Raises ValueError."""
    try:
        return _BOOLEANS[text.strip().lower()]
    except KeyError:
        raise ValueError("is not true or false") from None


def parse_date(text: str, date_format: str) -> str:
    """ISO 8601 text of a date: `2024-05-17`, with the time when the format has one. Raises ValueError."""
    try:
        moment = datetime.strptime(text.strip(), date_format)  # noqa: DTZ007 - a table says no time zone unless %z
    except ValueError:
        raise ValueError(f"is no date of the form {date_format}") from None
    has_time = any(sign in date_format for sign in ("%H", "%I", "%M", "%S", "%X", "%c"))
    return moment.isoformat() if has_time else moment.date().isoformat()


def reader_for(kind: ColumnType, decimal: DecimalSign, date_format: str) -> Callable[[str], Any]:
    """The function that turns a field's text into a value; empty fields become null, except texts."""
    match kind:
        case "text":
            return lambda text: text
        case "number":
            return lambda text: parse_number(text, decimal) if text.strip() else None
        case "boolean":
            return lambda text: parse_boolean(text) if text.strip() else None
        case "date":
            return lambda text: parse_date(text, date_format) if text.strip() else None


def looks_like_numbers(texts: Iterable[str | None], decimal: DecimalSign) -> bool:
    """Whether a whole column is numbers. Leading zeros (postcodes) and 16 or more digits (accounts) are texts."""
    found = False
    for text in texts:
        if not text or not text.strip():
            continue
        try:
            number = parse_number(text, decimal)
        except ValueError:
            return False
        if _ZERO_FIRST.match(text.strip()) or (isinstance(number, int) and abs(number) >= _LONG):
            return False
        found = True
    return found


def field_text(value: Any, *, escape_formulas: bool) -> str:
    """A JSON value as the text of a field. Texts a spreadsheet would compute get an apostrophe in front (OWASP)."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            risky = escape_formulas and value.startswith(_FORMULA_STARTS) and not _PLAIN_NUMBER.match(value)
            return f"'{value}" if risky else value
        case dict() | list():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)
