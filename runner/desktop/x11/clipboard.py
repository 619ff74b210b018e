"""The clipboard of X11: text is kept by the program that copied it, and handed over when another one asks.

So what a workflow copies can be pasted for as long as this owner lives: its own connection and thread answer those who
ask. After that the text is gone, unless a clipboard manager took it.
"""

import threading
import time
from contextlib import suppress
from select import select
from typing import Any, Final

from Xlib import X, Xatom
from Xlib.display import Display
from Xlib.error import ConnectionClosedError, XError
from Xlib.protocol.event import SelectionNotify

from runner.desktop.model import DesktopError

ANSWER_SECONDS: Final = 2.0
"""Patience with the program that owns a selection."""
WRITE_LIMIT: Final = 200_000
"""Bytes: what fits into one request of the protocol."""
READ_LIMIT: Final = 16 * 1024 * 1024
_WORDS_AT_ONCE: Final = 64 * 1024
_POLL_SECONDS: Final = 0.2


class Clipboard:
    """Reads selections, and owns CLIPBOARD once something was written."""

    def __init__(self, display_name: str) -> None:
        self._display_name = display_name
        self._owner: _Owner | None = None

    def write(self, text: str) -> None:
        """Own the clipboard with this text. Raises DesktopError CLIPBOARD_TOO_LARGE or CLIPBOARD_BUSY."""
        data = text.encode("utf-8", "replace")
        if len(data) > WRITE_LIMIT:
            message = f"The text has {len(data):,} bytes; the clipboard takes {WRITE_LIMIT:,}. Hand it over by a file."
            raise DesktopError("CLIPBOARD_TOO_LARGE", message)
        self.close()
        self._owner = _Owner(Display(self._display_name), data)

    def read(self, selection: str = "CLIPBOARD") -> str | None:
        """The text of a selection, or None. Raises DesktopError CLIPBOARD_SILENT or CLIPBOARD_TOO_LARGE."""
        display = Display(self._display_name)
        try:
            return _Reader(display, selection).read()
        finally:
            display.close()

    def close(self) -> None:
        """Own nothing any more."""
        if self._owner is not None:
            self._owner.close()
            self._owner = None


class _Reader:
    """Asks once for a selection."""

    def __init__(self, display: Display, selection: str) -> None:
        self._display = display
        self._selection = display.get_atom(selection)
        self._property = display.get_atom("EXEKRA_SELECTION")
        self._window = _hidden_window(display)

    def read(self) -> str | None:
        if self._display.get_selection_owner(self._selection) == X.NONE:
            return None
        for name, encoding in (("UTF8_STRING", "utf-8"), ("STRING", "latin-1")):
            data = self._converted(self._display.get_atom(name))
            if data is not None:
                return data.decode(encoding, "replace")
        return None

    def _converted(self, target: int) -> bytes | None:
        self._window.convert_selection(self._selection, target, self._property, X.CurrentTime)
        event = self._event(X.SelectionNotify)
        if event.property == X.NONE:
            return None
        first = self._window.get_full_property(self._property, X.AnyPropertyType, _WORDS_AT_ONCE)
        if first is None:
            return None
        incremental = first.property_type == self._display.get_atom("INCR")
        self._window.delete_property(self._property)
        self._display.flush()
        return self._pieces() if incremental else _text_bytes(first)

    def _pieces(self) -> bytes:
        """Each piece is put down after the one before was taken away; an empty one ends it."""
        data = bytearray()
        while True:
            while self._event(X.PropertyNotify).state != X.PropertyNewValue:
                pass
            found = self._window.get_full_property(self._property, X.AnyPropertyType, _WORDS_AT_ONCE)
            piece = b"" if found is None else _text_bytes(found)
            self._window.delete_property(self._property)
            self._display.flush()
            if not piece:
                return bytes(data)
            data += piece
            if len(data) > READ_LIMIT:
                raise DesktopError("CLIPBOARD_TOO_LARGE", f"The clipboard holds more than {READ_LIMIT:,} bytes.")

    def _event(self, kind: int) -> Any:
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            while self._display.pending_events():
                event = self._display.next_event()
                if event.type == kind:
                    return event
            left = deadline - time.monotonic()
            if left <= 0:
                raise DesktopError(
                    "CLIPBOARD_SILENT", "The program that owns the clipboard does not answer.", retryable=True
                )
            select([self._display.fileno()], [], [], left)


class _Owner:
    """Owns CLIPBOARD by a thread of its own until it is closed or another program copies something."""

    def __init__(self, display: Display, data: bytes) -> None:
        self._display = display
        self._data = data
        self._clipboard = display.get_atom("CLIPBOARD")
        self._window = _hidden_window(display)
        self._window.set_selection_owner(self._clipboard, X.CurrentTime)
        if display.get_selection_owner(self._clipboard) != self._window:
            display.close()
            raise DesktopError("CLIPBOARD_BUSY", "Another program keeps the clipboard to itself.", retryable=True)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="clipboard", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Let go."""
        self._ended.set()
        self._thread.join(ANSWER_SECONDS)
        self._display.close()

    def _serve(self) -> None:
        # A display that went away takes the clipboard with it.
        with suppress(ConnectionClosedError, OSError):
            while not self._ended.is_set():
                if not self._display.pending_events():
                    select([self._display.fileno()], [], [], _POLL_SECONDS)
                    continue
                event = self._display.next_event()
                if event.type == X.SelectionRequest:
                    self._answer(event)
                elif event.type == X.SelectionClear:
                    return

    def _answer(self, event: Any) -> None:
        name = self._display.get_atom
        text_kinds = [name("UTF8_STRING"), name("text/plain;charset=utf-8")]
        # Programs of the oldest kind name no property.
        target, place = event.target, event.property if event.property != X.NONE else event.target
        with suppress(XError):
            if target == name("TARGETS"):
                kinds = [name("TARGETS"), *text_kinds, Xatom.STRING]
                event.requestor.change_property(place, Xatom.ATOM, 32, kinds)
            elif target in text_kinds:
                event.requestor.change_property(place, target, 8, self._data)
            elif target == Xatom.STRING:
                latin = self._data.decode().encode("latin-1", "replace")
                event.requestor.change_property(place, Xatom.STRING, 8, latin)
            else:
                place = X.NONE
            answer = SelectionNotify(
                time=event.time,
                requestor=event.requestor,
                selection=event.selection,
                target=target,
                property=place,
            )
            event.requestor.send_event(answer)
            self._display.flush()


def _hidden_window(display: Display) -> Any:
    return display.screen().root.create_window(-10, -10, 1, 1, 0, X.CopyFromParent, event_mask=X.PropertyChangeMask)


def _text_bytes(found: Any) -> bytes:
    return bytes(found.value) if found.format == 8 else b""
