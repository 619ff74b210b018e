"""Whether an X11 screen is covered: by a screen saver, or by the locks of programs that say so on the root window."""

from typing import Any

from Xlib import X
from Xlib.display import Display
from Xlib.error import XError

_SAVER_ON = 1
_BY_A_PROGRAM = 2
"""The server's own saver only blanks the picture, and any input ends that."""


def is_covered(display: Display) -> bool:
    """True when a person would have to do something before anything can be clicked."""
    return _saver_is_on(display) or _is_locked_by_xscreensaver(display)


def _saver_is_on(display: Display) -> bool:
    if not display.has_extension("MIT-SCREEN-SAVER"):
        return False
    root: Any = display.screen().root
    try:
        found = root.screensaver_query_info()
    except XError:
        return False
    return bool(found.state == _SAVER_ON and found.kind == _BY_A_PROGRAM)


def _is_locked_by_xscreensaver(display: Display) -> bool:
    status = display.screen().root.get_full_property(display.get_atom("_SCREENSAVER_STATUS"), X.AnyPropertyType)
    return status is not None and status.format == 32 and status.value[:1].tolist() == [display.get_atom("LOCK")]
