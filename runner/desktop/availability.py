"""Whether this machine has a desktop that nodes can use now, and what to do when it has not.

Looked at again and again while the runner lives: a person signs out, the screen is locked, a package is installed.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import Final

from runner.desktop.driver import open_driver
from runner.desktop.model import DesktopError

DESKTOP: Final = "desktop"
OCR: Final = "ocr"
GOOD_FOR_SECONDS: Final = 10.0
"""How long an answer is given again without looking."""
_ANSWER_SECONDS: Final = 5.0
_INSTALL: Final = "pip install 'exekra-hub[desktop]'"
_LIBRARIES: Final = {
    "linux": ("Xlib", "mss", "PIL", "cv2"),
    "win32": ("uiautomation", "mss", "PIL", "cv2"),
}


@dataclass(frozen=True, slots=True)
class Availability:
    """`problem` says what is missing, nothing when it is all there; `remedy` is a command or a thing to do."""

    problem: str = ""
    remedy: str = ""

    @property
    def is_there(self) -> bool:
        """Whether nodes can use it."""
        return not self.problem


_NO_ANSWER: Final = Availability("The screen does not answer.", "Sign in anew, or restart the screen.")


class _Watch:
    """The last answer for one screen; looks again in a thread of its own, for a hung screen must hang nobody."""

    def __init__(self) -> None:
        self._screen = ""
        self._found: Availability | None = None
        self._looked_at = 0.0
        self._looking: threading.Thread | None = None

    def answer(self) -> Availability:
        """What was found last. The first look at a screen is waited for, if it does not take too long."""
        screen, now = os.environ.get("DISPLAY", ""), time.monotonic()
        if screen != self._screen:
            # A look at the other screen may still be under way; what it finds is not asked for any more.
            self._screen, self._found, self._looking = screen, None, None
        is_old = self._found is None or now - self._looked_at > GOOD_FOR_SECONDS
        if is_old and (self._looking is None or not self._looking.is_alive()):
            self._looking = threading.Thread(target=self._look, args=(screen,), name="desktop-look", daemon=True)
            self._looking.start()
        if self._found is None and self._looking is not None:
            self._looking.join(_ANSWER_SECONDS)
            # Nobody waits for it twice: when it does answer, that is seen then.
            self._found = self._found or _NO_ANSWER
        return self._found or _NO_ANSWER

    def _look(self, screen: str) -> None:
        found = _look()
        if screen == self._screen:
            self._found, self._looked_at = found, time.monotonic()


_watch = _Watch()


def desktop() -> Availability:
    """The desktop of this process: its libraries, a screen that answers, no lock. Not older than some ten seconds."""
    return _watch.answer()


def ocr() -> Availability:
    """The program that reads text in pictures."""
    if shutil.which("tesseract"):
        return Availability()
    return Availability("The program tesseract is not installed.", _tesseract_command())


def _look() -> Availability:
    libraries = _LIBRARIES.get(sys.platform)
    if libraries is None:
        return Availability("Desktops of this system are not supported.", "Use a runner on Linux (X11) or Windows.")
    missing = [name for name in libraries if importlib.util.find_spec(name) is None]
    if missing:
        return Availability(f"These libraries are missing: {', '.join(missing)}.", _INSTALL)
    if os.environ.get("WAYLAND_DISPLAY") and os.environ.get("XDG_SESSION_TYPE") != "x11":
        problem = "The session is a Wayland one, which lets no program see or steer others."
        return Availability(problem, "Sign out and choose an X11 session (“on Xorg”).")
    try:
        driver = open_driver()
        try:
            locked = driver.is_locked() or _session_is_locked()
        finally:
            driver.close()
    except DesktopError as error:
        return Availability(error.message, "Start the runner in the session of a person who is signed in.")
    return Availability("The screen is locked.", "Unlock it.") if locked else Availability()


def _session_is_locked() -> bool:
    """What systemd's log-in daemon says of the session; nothing where there is none."""
    session, loginctl = os.environ.get("XDG_SESSION_ID"), shutil.which("loginctl")
    if not session or not loginctl:
        return False
    command = [loginctl, "show-session", session, "--property", "LockedHint", "--value"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=_ANSWER_SECONDS, check=False)  # noqa: S603 - its own arguments
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.stdout.strip() == "yes"


def _tesseract_command() -> str:
    if sys.platform == "darwin":
        return "brew install tesseract tesseract-lang"
    if sys.platform == "win32":
        return "winget install UB-Mannheim.TesseractOCR"
    return "sudo apt-get install tesseract-ocr tesseract-ocr-deu"
