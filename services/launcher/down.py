"""`make down`: stop the Hub that runs in a data folder, and wait until it is gone."""

import os
import signal
import time
from typing import Final

from services.launcher.console import Console
from services.launcher.home import holder, open_home
from services.launcher.settings import LauncherSettings
from services.launcher.up import EXIT_FAILED, EXIT_OK

# Every tier of processes may use its drain time.
STOP_SECONDS: Final = 90.0
LOOK_SECONDS: Final = 0.1


def run_down(settings: LauncherSettings) -> int:
    """Stop the Hub in `settings.home`; 0 when none runs (any more), 1 when it does not end."""
    console = Console(settings.log_format)
    if not settings.home.exists():
        console.progress(f"no Hub runs in {settings.home}")
        return EXIT_OK
    home = open_home(settings.home)
    pid = holder(home)
    if pid is None:
        console.progress(f"no Hub runs in {home.root}")
        return EXIT_OK
    console.progress(f"stopping the Hub in {home.root} (process {pid})")
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return EXIT_OK
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        if holder(home) is None:
            console.progress("stopped")
            return EXIT_OK
        time.sleep(LOOK_SECONDS)
    console.warn(f"it has not stopped within {STOP_SECONDS:.0f} s; look at {home.logs}, or end process {pid}")
    return EXIT_FAILED
