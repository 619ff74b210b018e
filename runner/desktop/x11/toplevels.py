"""Windows of an X11 screen: which there are, what they are called, and how one is brought to the front.

With a window manager that keeps to EWMH, its lists and its way to activate are used; without one, the mapped children
of the root are the windows, and raising and focusing is done here.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from Xlib import X, Xatom
from Xlib.display import Display
from Xlib.error import BadMatch, BadWindow, CatchError
from Xlib.ext.res import LocalClientPIDMask
from Xlib.protocol.event import ClientMessage

from runner.desktop.model import DesktopError, Region, Window

_BY_PAGER: Final = 2
"""Source indication of EWMH: a person's tool asks, so that no rule against stealing the focus holds."""
_TEXT_LIMIT: Final = 4096
"""Words of a property that are read at most: titles are short, whatever a hostile window says."""


class Toplevels:
    """The windows of one connection's screen."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._root = display.screen().root

    def screen(self) -> Region:
        """The root window."""
        geometry = self._root.get_geometry()
        return Region(0, 0, geometry.width, geometry.height)

    def list(self) -> Sequence[Window]:
        """Front window first. What goes away while it is looked at is left out."""
        active = self._active_ids()
        described = (self._described(handle, active) for handle in self._handles())
        return [window for window in described if window is not None]

    def activate(self, window: Window) -> None:
        """Raise the window and give it the keyboard. Raises DesktopError WINDOW_GONE."""
        handle = self._display.create_resource_object("window", int(window.id, 16))
        if self._supports("_NET_ACTIVE_WINDOW"):
            message = ClientMessage(
                window=handle,
                client_type=self._atom("_NET_ACTIVE_WINDOW"),
                data=(32, [_BY_PAGER, X.CurrentTime, 0, 0, 0]),
            )
            self._root.send_event(message, event_mask=X.SubstructureRedirectMask | X.SubstructureNotifyMask)
            self._display.sync()
            return
        gone, not_yet = CatchError(BadWindow), CatchError(BadWindow, BadMatch)
        handle.map(onerror=gone)
        handle.configure(stack_mode=X.Above, onerror=gone)
        # A window that is not viewable yet cannot be focused (BadMatch); the caller looks again.
        handle.set_input_focus(X.RevertToParent, X.CurrentTime, onerror=not_yet)
        self._display.sync()
        if gone.get_error():
            raise DesktopError("WINDOW_GONE", f"The window {window.title!r} was closed.", retryable=True)

    # -- which there are ----------------------------------------------------------------------------------------------

    def _handles(self) -> Iterator[Any]:
        """Windows of programs, the front one first."""
        for name in ("_NET_CLIENT_LIST_STACKING", "_NET_CLIENT_LIST"):
            if self._supports(name):
                found = self._root.get_full_property(self._atom(name), X.AnyPropertyType)
                numbers = [] if found is None else reversed(found.value)
                yield from (self._display.create_resource_object("window", number) for number in numbers)
                return
        yield from reversed(self._root.query_tree().children)

    def _described(self, handle: Any, active: set[int]) -> Window | None:
        try:
            attributes = handle.get_attributes()
            if attributes.override_redirect or attributes.win_class == X.InputOnly:
                return None
            title, class_name = self._title(handle), self._class_name(handle)
            # Without a window manager the root's children are anything: a window has a name, and is shown.
            if not self._is_managed() and (not (title or class_name) or attributes.map_state != X.IsViewable):
                return None
            return Window(
                id=hex(handle.id),
                title=title,
                class_name=class_name,
                region=self._region(handle),
                pid=self._number(handle, "_NET_WM_PID") or self._pid_by_server(handle),
                active=handle.id in active,
            )
        except (BadWindow, BadMatch):
            return None

    def _active_ids(self) -> set[int]:
        """The window with the keyboard and those around it; none while the window manager means another one.

        Right after a change the two disagree, and what is typed then goes to the wrong window or to none.
        """
        focus = self._display.get_input_focus().focus
        around: set[int] = set()
        try:
            while not isinstance(focus, int) and focus.id != self._root.id:
                around.add(int(focus.id))
                focus = focus.query_tree().parent
        except BadWindow:
            return set()
        if self._supports("_NET_ACTIVE_WINDOW"):
            return around & {self._number(self._root, "_NET_ACTIVE_WINDOW") or 0}
        return around

    def _region(self, handle: Any) -> Region:
        geometry = handle.get_geometry()
        corner = self._root.translate_coords(handle, 0, 0)
        return Region(corner.x, corner.y, geometry.width, geometry.height)

    def _pid_by_server(self, handle: Any) -> int | None:
        """Of the program at the other end of the window's connection, for the many that do not tell it themselves."""
        if not self._display.has_extension("X-Resource"):
            return None
        answer = self._display.res_query_client_ids([{"client": handle.id, "mask": LocalClientPIDMask}])
        return next((int(found.value[0]) for found in answer.ids if found.value), None)

    # -- properties ---------------------------------------------------------------------------------------------------

    def _title(self, handle: Any) -> str:
        for name in ("_NET_WM_NAME", "WM_NAME"):
            found = handle.get_property(self._atom(name), X.AnyPropertyType, 0, _TEXT_LIMIT)
            if found is not None and found.format == 8 and found.value:
                utf8 = found.property_type == self._atom("UTF8_STRING")
                return bytes(found.value).decode("utf-8" if utf8 else "latin-1", "replace")
        return ""

    @staticmethod
    def _class_name(handle: Any) -> str:
        """The second of the two names in WM_CLASS: that of the kind of program."""
        found = handle.get_property(Xatom.WM_CLASS, Xatom.STRING, 0, _TEXT_LIMIT)
        names = bytes(found.value).decode("latin-1").split("\0") if found is not None and found.format == 8 else []
        return names[1] if len(names) > 1 else ""

    def _number(self, handle: Any, name: str) -> int | None:
        found = handle.get_property(self._atom(name), X.AnyPropertyType, 0, 1)
        return int(found.value[0]) if found is not None and found.format == 32 and len(found.value) else None

    def _supports(self, name: str) -> bool:
        """Whether a window manager is there that does this. It may come and go: it is asked each time."""
        if not self._is_managed():
            return False
        found = self._root.get_full_property(self._atom("_NET_SUPPORTED"), X.AnyPropertyType)
        return found is not None and self._atom(name) in found.value

    def _is_managed(self) -> bool:
        """The window that a window manager names must name itself; one that was killed leaves its name behind."""
        number = self._number(self._root, "_NET_SUPPORTING_WM_CHECK")
        if not number:
            return False
        check = self._display.create_resource_object("window", number)
        try:
            return self._number(check, "_NET_SUPPORTING_WM_CHECK") == number
        except BadWindow:
            return False

    def _atom(self, name: str) -> int:
        return int(self._display.get_atom(name))
