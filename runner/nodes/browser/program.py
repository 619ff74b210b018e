"""Which browser this machine has, and what to install when it has none. Starts nothing and imports no library."""

import importlib.util
import os
import platform
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

SETTING: Final = "EXEKRA_RUNNER_BROWSER"
"""Environment name: path of the browser to use instead of the one that is found."""
SANDBOX_SETTING: Final = "EXEKRA_RUNNER_BROWSER_SANDBOX"
"""Environment name: `false` where the system lets no program make a sandbox of its own, as in most containers."""
NAMES: Final = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "msedge",
    "chrome",
)
_MAC_PLACES: Final = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
_WINDOWS_FOLDERS: Final = ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
_WINDOWS_PLACES: Final = (r"Google\Chrome\Application\chrome.exe", r"Microsoft\Edge\Application\msedge.exe")


def find_program() -> Path | None:
    """The browser of the setting, else the first Chromium, Chrome or Edge on the PATH or in its usual place."""
    given = os.environ.get(SETTING)
    if given:
        path = Path(given)
        return path if _is_program(path) else None
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    return next(filter(_is_program, _usual_places()), None)


def missing() -> str | None:
    """What keeps browser nodes from running here and the command that helps; None when nothing does."""
    if importlib.util.find_spec("playwright") is None:
        return "Playwright is not installed; run: pip install 'exekra-hub[browser]'"
    if find_program() is not None:
        return None
    if os.environ.get(SETTING):
        return f"{SETTING} names {os.environ[SETTING]}, which is no program; correct it or take it out"
    return f"There is no Chromium, Chrome or Edge; run: {_install_command()} (or name one by {SETTING})"


def sandboxed() -> bool:
    """Whether Chromium is to shut its pages into its own sandbox; the superuser cannot."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return False
    return os.environ.get(SANDBOX_SETTING, "").strip().lower() not in {"0", "false", "no", "off", "f", "n"}


def _usual_places() -> Iterator[Path]:
    if platform.system() == "Darwin":
        yield from map(Path, _MAC_PLACES)
    elif platform.system() == "Windows":
        folders = [os.environ[name] for name in _WINDOWS_FOLDERS if name in os.environ]
        yield from (Path(folder) / place for place in _WINDOWS_PLACES for folder in folders)


def _install_command() -> str:
    if platform.system() == "Darwin":
        return "brew install --cask chromium"
    if platform.system() == "Windows":
        return "winget install Google.Chrome"
    return f"sudo {'dnf' if shutil.which('dnf') else 'apt-get'} install chromium"


def _is_program(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)
