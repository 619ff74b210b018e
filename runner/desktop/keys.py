"""Names of keys, the same on every system, and combinations of them as people write them: ctrl+shift+s."""

from dataclasses import dataclass
from typing import Final

MODIFIERS: Final = ("ctrl", "shift", "alt", "altgr", "win")
NAMED: Final = frozenset(
    {
        *MODIFIERS,
        *("enter", "tab", "escape", "space", "backspace", "delete", "insert", "home", "end", "pageup", "pagedown"),
        *("left", "right", "up", "down", "menu", "print", "pause", "capslock", "numlock"),
        *(f"f{number}" for number in range(1, 25)),
    }
)
"""Keys with a name; every other key is named by the one character it types."""
_OTHER_NAMES: Final = {
    "control": "ctrl",
    "strg": "ctrl",
    "option": "alt",
    "windows": "win",
    "super": "win",
    "meta": "win",
    "cmd": "win",
    "return": "enter",
    "esc": "escape",
    "del": "delete",
    "ins": "insert",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "printscreen": "print",
    "plus": "+",
    "minus": "-",
}


@dataclass(frozen=True, slots=True)
class Chord:
    """Modifiers that are held while a key is pressed; a modifier alone is a key too."""

    modifiers: tuple[str, ...]
    key: str

    def __str__(self) -> str:
        return "+".join((*self.modifiers, self.key))


def parse_chord(text: str) -> Chord:
    """`Ctrl+Shift+S` as a chord. Raises ValueError with the names there are."""
    # A plus that is the key itself stands last: ctrl++.
    parts = [*text[:-2].split("+"), "+"] if text.endswith("++") else text.split("+") if text != "+" else ["+"]
    names = [_name(part) for part in parts]
    *modifiers, key = names
    for modifier in modifiers:
        if modifier not in MODIFIERS:
            raise ValueError(f"{modifier!r} in {text!r} cannot be held with another key; use {', '.join(MODIFIERS)}")
    if len(set(names)) < len(names):
        raise ValueError(f"{text!r} names a key twice")
    return Chord(tuple(modifiers), key)


def _name(part: str) -> str:
    name = part.strip() or part
    if len(name) == 1:
        # A capital letter is the key of the small one: ctrl+S does not mean shift.
        return "space" if name == " " else name.lower()
    name = _OTHER_NAMES.get(name.lower(), name.lower())
    if name not in NAMED and len(name) != 1:
        raise ValueError(f"{part!r} is no key; use one character or {', '.join(sorted(NAMED))}")
    return name
