"""Keys and characters by XTEST, independent of the keyboard's layout.

A character that the layout has on a plain or shifted key is typed there. For any other one a key that the layout leaves
empty is borrowed. Programs ask the server for a changed layout only when they come to the key press, perhaps late: so
each character gets a borrowed key of its own for as long as there are some, the one used longest ago is borrowed
anew only after it has rested, and all are given back some time after the last.
"""

import time
from collections import OrderedDict
from typing import Final

from Xlib import XK, X
from Xlib.display import Display
from Xlib.ext.xtest import fake_input

from runner.desktop.model import DesktopError

REST_SECONDS: Final = 0.5
"""How long a program may take to ask for the layout after a key press that it was told of."""
SETTLE_SECONDS: Final = 0.2
"""How long programs and the window manager get to hear of a changed layout before a key of it is pressed."""
_KEYSYMS: Final = {
    "ctrl": "Control_L",
    "shift": "Shift_L",
    "alt": "Alt_L",
    "altgr": "ISO_Level3_Shift",
    "win": "Super_L",
    "enter": "Return",
    "tab": "Tab",
    "escape": "Escape",
    "space": "space",
    "backspace": "BackSpace",
    "delete": "Delete",
    "insert": "Insert",
    "home": "Home",
    "end": "End",
    "pageup": "Prior",
    "pagedown": "Next",
    "left": "Left",
    "right": "Right",
    "up": "Up",
    "down": "Down",
    "menu": "Menu",
    "print": "Print",
    "pause": "Pause",
    "capslock": "Caps_Lock",
    "numlock": "Num_Lock",
    **{f"f{number}": f"F{number}" for number in range(1, 25)},
}
_CONTROL_KEYS: Final = {"\n": "enter", "\r": "enter", "\t": "tab", "\b": "backspace", "\x1b": "escape"}
_LAYOUT_BITS: Final = 13
"""Where the number of the layout in use stands in the state of the keyboard."""

XK.load_keysym_group("xkb")


class Keyboard:
    """The keyboard of one connection. Owns which keys it holds down and which it borrowed."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._root = display.screen().root
        self._held: dict[str, tuple[int, ...]] = {}
        """Names of keys that are down → their codes, in the order in which they were pressed."""
        self._borrowed: OrderedDict[int, tuple[int, float]] = OrderedDict()
        """Codes that the layout left empty → the keysym on each and when it was used last; the oldest first."""
        self._spare: list[int] | None = None
        self._places: dict[int, list[tuple[int, int]]] = {}
        """Keysym → (code, column) in the layouts, by columns of the core protocol: two for each of two layouts."""

    def key(self, name: str, *, down: bool) -> None:
        """Press or release a key by its name. Pressing what is down does nothing, nor does releasing what is not."""
        if down and name not in self._held:
            code, shift = self._place(_keysym(name))
            codes = (*self._codes_of_shift(shift), code)
            self._held[name] = codes
            for code in codes:
                self._send(X.KeyPress, code)
        elif not down:
            for code in reversed(self._held.pop(name, ())):
                self._send(X.KeyRelease, code)

    def prepare(self, text: str) -> None:
        """Borrow keys for what the layout lacks of a text, so that all is settled at once, as far as keys go round."""
        before, wanted = dict(self._borrowed), set[int]()
        for character in dict.fromkeys(text):
            oldest = next(iter(self._borrowed.values()), None)
            if not self._spare and oldest is not None and oldest[0] in wanted:
                break
            if character.isprintable():
                wanted.add(_keysym(character))
                self._place(_keysym(character), settle=False)
        if any(before.get(code, (0, 0))[0] != keysym for code, (keysym, _) in self._borrowed.items()):
            time.sleep(SETTLE_SECONDS)

    def type_character(self, character: str) -> None:
        """Type one character. Raises DesktopError TEXT_NOT_TYPEABLE for control characters."""
        named = _CONTROL_KEYS.get(character)
        if named is None and not character.isprintable():
            raise DesktopError("TEXT_NOT_TYPEABLE", f"The text has a control character ({character!r}); leave it out.")
        code, shift = self._place(_keysym(named or character))
        # Caps Lock would turn letters round; it is put aside for this one key.
        around = self._codes_of_lock()
        held = self._codes_of_shift(shift)
        for each in around:
            self._tap(each)
        for each in held:
            self._send(X.KeyPress, each)
        self._tap(code)
        for each in held:
            self._send(X.KeyRelease, each)
        for each in around:
            self._tap(each)

    def release_all(self) -> None:
        """Release what is held down."""
        for name in reversed(list(self._held)):
            self.key(name, down=False)

    def give_back(self) -> None:
        """Empty the borrowed keys again, once nobody is still about to read them."""
        if self._borrowed:
            self._rest(max(used_at for _, used_at in self._borrowed.values()))
            for code in self._borrowed:
                self._map(code, X.NoSymbol)
            self._borrowed.clear()

    # -- events -------------------------------------------------------------------------------------------------------

    def _tap(self, code: int) -> None:
        self._send(X.KeyPress, code)
        self._send(X.KeyRelease, code)

    def _send(self, kind: int, code: int) -> None:
        fake_input(self._display, kind, code)
        self._display.sync()

    def _codes_of_shift(self, wanted: bool) -> tuple[int, ...]:
        return (self._place(_keysym("shift"))[0],) if wanted and "shift" not in self._held else ()

    def _codes_of_lock(self) -> tuple[int, ...]:
        locked = self._root.query_pointer().mask & X.LockMask
        return (self._place(_keysym("capslock"))[0],) if locked else ()

    # -- where a character is -----------------------------------------------------------------------------------------

    def _place(self, keysym: int, *, settle: bool = True) -> tuple[int, bool]:
        """The code that has this keysym in the layout in use, and whether Shift must be held. May borrow a code."""
        self._read_layouts()
        layout = (self._root.query_pointer().mask >> _LAYOUT_BITS) & 0b11
        for code, column in self._places.get(keysym, ()):
            # Keys with a third level stand in further columns: no two servers agree on how to reach it.
            if column < 4 and column // 2 == layout and code not in self._borrowed:
                return code, column % 2 == 1
        return self._borrow(keysym, settle=settle), False

    def _read_layouts(self) -> None:
        """Read the layouts at first, and again when the server says that they changed, by a person or by this."""
        changed = not self._places
        while self._display.pending_events():
            changed |= self._display.next_event().type == X.MappingNotify
        if not changed:
            return
        first = self._display.display.info.min_keycode
        rows = self._display.get_keyboard_mapping(first, self._display.display.info.max_keycode - first + 1)
        places: dict[int, list[tuple[int, int]]] = {}
        for code, row in enumerate(rows, first):
            for column, keysym in enumerate(row):
                places.setdefault(keysym, []).append((code, column))
        self._places = places
        if self._spare is None:
            # Some programs take the lowest code for none at all.
            empty = (code for code, row in enumerate(rows, first) if code > first and not any(row))
            self._spare = list(empty)

    def _borrow(self, keysym: int, *, settle: bool) -> int:
        for code, (there, _) in self._borrowed.items():
            if there == keysym:
                self._note_use(code, keysym)
                return code
        if self._spare:
            code = self._spare.pop()
        elif self._borrowed:
            code, (_, used_at) = next(iter(self._borrowed.items()))
            self._rest(used_at)
        else:
            raise DesktopError(
                "TEXT_NOT_TYPEABLE",
                "The keyboard's layout lacks a character and has no key free for it; put the text in by the clipboard.",
            )
        self._map(code, keysym)
        if settle:
            time.sleep(SETTLE_SECONDS)
        self._note_use(code, keysym)
        return code

    def _note_use(self, code: int, keysym: int) -> None:
        self._borrowed[code] = (keysym, time.monotonic())
        self._borrowed.move_to_end(code)

    def _map(self, code: int, keysym: int) -> None:
        # In all columns: then neither Shift nor the layout in use matters.
        self._display.change_keyboard_mapping(code, [(keysym,) * 4])
        self._display.sync()

    @staticmethod
    def _rest(used_at: float) -> None:
        time.sleep(max(0.0, used_at + REST_SECONDS - time.monotonic()))


def _keysym(name: str) -> int:
    """The number X11 has for a named key or a character."""
    if name in _KEYSYMS:
        return int(XK.string_to_keysym(_KEYSYMS[name]))
    number = ord(name)
    # Latin-1 has its own numbers, everything else those of Unicode.
    return number if number < 0x100 else 0x01000000 | number
