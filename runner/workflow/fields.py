"""Reads fields of JSON objects one by one and keeps a problem for each that has the wrong shape.

Owns the mechanism of a reader that goes on after an error, so that all problems of a graph are shown at once.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from runner.workflow.documents import json_pointer
from runner.workflow.evaluation import kind_of
from runner.workflow.problems import Problem

_MISSING = object()


class Problems:
    """The problems of one reading."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, pointer: str, message: str, node_id: str | None = None) -> None:
        """Keep an error."""
        self.found.append(Problem(node_id, pointer, message))

    def warn(self, pointer: str, message: str, node_id: str | None = None) -> None:
        """Keep a warning."""
        self.found.append(Problem(node_id, pointer, message, "warning"))


class Fields:
    """One JSON object and where it stands. Each method answers the field, or a default beside a problem."""

    def __init__(
        self, document: Mapping[str, Any], pointer: str, problems: Problems, node_id: str | None = None
    ) -> None:
        self.document = document
        self.pointer = pointer
        self.problems = problems
        self.node_id = node_id

    def at(self, key: str) -> str:
        """The pointer of a field."""
        return self.pointer + json_pointer(key)

    def complain(self, key: str, message: str) -> None:
        """Keep an error about a field."""
        self.problems.add(self.at(key), message, self.node_id)

    def text(self, key: str, default: str | None = None, *, most: int = 200) -> str:
        """A text of at most `most` characters; a problem when it is missing without a default."""
        value = self._get(key, str, "a text", default)
        if isinstance(value, str) and len(value) > most:
            self.complain(key, f"{key!r} has {len(value)} characters; {most} are allowed.")
        return value if isinstance(value, str) else ""

    def flag(self, key: str, default: bool | None) -> bool | None:
        """True or false."""
        value = self.document.get(key)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        self.complain(key, f"{key!r} must be true or false, not {kind_of(value)}.")
        return default

    def number(self, key: str, default: float | None, *, least: float, most: float) -> float | None:
        """A number between two bounds."""
        value = self.document.get(key)
        if value is None:
            return default
        if not isinstance(value, int | float) or isinstance(value, bool):
            self.complain(key, f"{key!r} must be a number, not {kind_of(value)}.")
            return default
        if not least <= value <= most:
            self.complain(key, f"{key!r} must be between {least:g} and {most:g}, not {value:g}.")
            return default
        return value

    def whole(self, key: str, default: int, *, least: int, most: int) -> int:
        """A whole number between two bounds."""
        value = self.number(key, default, least=least, most=most)
        if value is None or value != int(value):
            self.complain(key, f"{key!r} must be a whole number.")
            return default
        return int(value)

    def choice(self, key: str, default: str, allowed: Iterable[str]) -> str:
        """One of some words."""
        value = self.document.get(key, default)
        if value in (words := tuple(allowed)):
            return str(value)
        self.complain(key, f"{key!r} must be one of {', '.join(words)}.")
        return default

    def items(self, key: str) -> list[Any]:
        """A list; empty when there is none."""
        value = self._get(key, list, "a list", [])
        return value if isinstance(value, list) else []

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty when there is none."""
        values = self.items(key)
        if not all(isinstance(value, str) for value in values):
            self.complain(key, f"{key!r} must hold texts only.")
        return tuple(value for value in values if isinstance(value, str))

    def nested(self, key: str) -> "Fields | None":
        """An object inside; None when there is none."""
        value = self._get(key, dict, "an object", None)
        return Fields(value, self.at(key), self.problems, self.node_id) if isinstance(value, dict) else None

    def refuse_others(self, known: Iterable[str], what: str) -> None:
        """A problem for each field that is not known."""
        for key in self.document.keys() - frozenset(known):
            self.complain(key, f"There is no {what} {key!r}.")

    def mention_others(self, known: Iterable[str], what: str) -> None:
        """A warning for each field that is not known: it is kept and means nothing."""
        for key in sorted(self.document.keys() - frozenset(known)):
            self.problems.warn(self.at(key), f"{what} has no field {key!r}; it is kept and ignored.", self.node_id)

    def _get(self, key: str, kind: type, words: str, default: Any) -> Any:
        value = self.document.get(key, _MISSING)
        if value is _MISSING or (value is None and default is not None):
            if default is None and kind is str:
                self.complain(key, f"{key!r} is missing.")
            return default
        if value is None and kind is dict:
            return default
        if not isinstance(value, kind):
            self.complain(key, f"{key!r} must be {words}, not {kind_of(value)}.")
            return default
        return value
