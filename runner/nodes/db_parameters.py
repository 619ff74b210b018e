"""Named parameters in SQL, alike for every database. Owns where in a statement `:name` is one and where it is text.

Values never become part of the statement's text; what stands in quotes, comments and casts (`::date`) is left alone.
"""

import json
import re
from collections.abc import Callable
from typing import Any, Final

from runner.nodes.base import NodeFailure
from runner.nodes.db_config import Parameters

_QUOTED: Final = r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|--[^\n]*|/\*[\s\S]*?\*/"""
_MYSQL_QUOTED: Final = (
    r"""'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S]|"")*"|`[^`]*`|--[ \t][^\n]*|\#[^\n]*|/\*[\s\S]*?\*/"""
)
_POSTGRES_QUOTED: Final = r"[eE]'(?:[^'\\]|\\[\s\S]|'')*'|\$((?:[A-Za-z_]\w*)?)\$[\s\S]*?\$\1\$|" + _QUOTED
_NAME: Final = r"::|:(?P<name>[A-Za-z_]\w*)"

SQLITE: Final = re.compile(f"{_QUOTED}|{_NAME}")
POSTGRES: Final = re.compile(f"{_POSTGRES_QUOTED}|{_NAME}")
MYSQL: Final = re.compile(f"{_MYSQL_QUOTED}|{_NAME}")


def rendered(sql: str, grammar: re.Pattern[str], mark: Callable[[str], str]) -> str:
    """The statement with each `:name` replaced by what `mark` answers for the name."""

    def replace(match: re.Match[str]) -> str:
        name = match["name"]
        return match[0] if name is None else mark(name)

    return grammar.sub(replace, sql)


def numbered(sql: str, parameters: Parameters) -> tuple[str, list[Any]]:
    """For Postgres: `$1`, `$2`; the same name is the same number. Raises NodeFailure DB_PARAMETER_MISSING."""
    places: dict[str, int] = {}

    def mark(name: str) -> str:
        return f"${places.setdefault(name, len(places) + 1)}"

    text = rendered(sql, POSTGRES, mark)
    return text, [_value(name, parameters) for name in places]


def listed(sql: str, parameters: Parameters, grammar: re.Pattern[str], sign: str) -> tuple[str, list[Any]]:
    """For SQLite and MySQL: one `sign` for each value; a list becomes several, for `IN (:ids)`. Objects become JSON."""
    values: list[Any] = []

    def mark(name: str) -> str:
        value = _value(name, parameters)
        if not isinstance(value, list):
            values.append(_plain(value))
            return sign
        values.extend(map(_plain, value))
        # An empty list is in no value; SQL has no empty IN.
        return ", ".join([sign] * len(value)) or "NULL"

    return rendered(sql, grammar, mark), values


def _value(name: str, parameters: Parameters) -> Any:
    if name not in parameters:
        there = ", ".join(sorted(parameters)) or "none"
        raise NodeFailure("DB_PARAMETER_MISSING", f"There is no parameter for :{name}; there are: {there}.")
    return parameters[name]


def _plain(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
