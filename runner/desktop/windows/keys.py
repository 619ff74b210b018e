"""What Windows calls the keys that have a name."""

from typing import Final

from runner.desktop.model import DesktopError

_VIRTUAL_KEYS: Final = (
    {"ctrl": 0x11, "shift": 0x10, "alt": 0x12, "altgr": 0xA5, "win": 0x5B, "menu": 0x5D, "capslock": 0x14}
    | {"enter": 0x0D, "tab": 0x09, "escape": 0x1B, "space": 0x20, "backspace": 0x08, "delete": 0x2E, "insert": 0x2D}
    | {"home": 0x24, "end": 0x23, "pageup": 0x21, "pagedown": 0x22, "left": 0x25, "up": 0x26, "right": 0x27}
    | {"down": 0x28, "print": 0x2C, "pause": 0x13, "numlock": 0x90}
    | {f"f{number}": 0x6F + number for number in range(1, 25)}
    # Those of the number pad and of lists stand for the same on every layout.
    | {"*": 0x6A, "+": 0x6B, "-": 0x6D, "/": 0x6F, ",": 0xBC, ".": 0xBE}
)
EXTENDED_KEYS: Final = frozenset(
    {
        "delete",
        "insert",
        "home",
        "end",
        "pageup",
        "pagedown",
        "left",
        "up",
        "right",
        "down",
        "menu",
        "win",
        "altgr",
        "/",
    }
)


def virtual_key(name: str) -> int:
    """The number of a key. Raises DesktopError KEY_UNSUPPORTED."""
    if name in _VIRTUAL_KEYS:
        return _VIRTUAL_KEYS[name]
    if name.isascii() and name.isalnum():
        return ord(name.upper())
    raise DesktopError("KEY_UNSUPPORTED", f"Windows has no key {name!r} of its own; type the character instead.")
