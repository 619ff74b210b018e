"""Cuts a value down to what a person reads at a glance. Pure."""

from dataclasses import dataclass

from runner.workflow.documents import Json

CHARACTERS = 2_000
ELEMENTS = 100
VALUES = 1_000
"""Texts, numbers, lists and objects in all; what comes after them is left out."""
DEPTH = 20


@dataclass(slots=True)
class Abridged:
    """A value, and whether anything of it was left out."""

    value: Json
    cut: bool


def abridge(value: Json) -> Abridged:
    """The beginning of texts, lists and objects; whatever is left out has no sign of its own but `cut`."""
    cutter = _Cutter()
    return Abridged(cutter.take(value, 0), cutter.cut)


class _Cutter:
    def __init__(self) -> None:
        self.cut = False
        self._left = VALUES

    def take(self, value: Json, depth: int) -> Json:
        self._left -= 1
        if isinstance(value, str):
            self.cut = self.cut or len(value) > CHARACTERS
            return value[:CHARACTERS]
        if isinstance(value, list):
            count = self._room(len(value), depth)
            return [self.take(element, depth + 1) for element in value[:count] if self._left > 0 or self._stop()]
        if isinstance(value, dict):
            names = list(value)[: self._room(len(value), depth)]
            return {
                name[:CHARACTERS]: self.take(value[name], depth + 1) for name in names if self._left > 0 or self._stop()
            }
        return value

    def _room(self, length: int, depth: int) -> int:
        room = 0 if depth >= DEPTH else ELEMENTS
        self.cut = self.cut or length > room
        return min(length, room)

    def _stop(self) -> bool:
        """Never room for one more; says that something was left out."""
        self.cut = True
        return False
