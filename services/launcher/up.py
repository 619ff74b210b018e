"""`make up`: a Hub in the foreground. The first signal drains it, the second one ends it at once."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from services.kit.postgres import MigrationError
from services.launcher.browser_ui import build_browser_ui
from services.launcher.console import Console
from services.launcher.errors import ChildFailedError, LaunchRefusedError
from services.launcher.hub import RunningHub, running_hub
from services.launcher.settings import LauncherSettings

EXIT_OK: Final = 0
EXIT_FAILED: Final = 1
EXIT_REFUSED: Final = 4
# SIGHUP: the terminal was closed.
SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_up(settings: LauncherSettings) -> int:
    """Run a Hub until a signal comes; the exit status."""
    console = Console(settings.log_format)
    try:
        asyncio.run(_up(settings, console))
    except (LaunchRefusedError, MigrationError) as error:
        console.warn(str(error))
        return EXIT_REFUSED
    except ChildFailedError as error:
        console.warn(str(error))
        return EXIT_FAILED
    return EXIT_OK


async def _up(settings: LauncherSettings, console: Console) -> None:
    ready, asked = asyncio.Event(), asyncio.Event()
    run = asyncio.create_task(_run(settings, console, ready, asked))

    def received() -> None:
        if ready.is_set() and not asked.is_set():
            asked.set()
        else:  # gives up the start in good order, or an order that takes too long
            run.cancel()

    with _on_signal(received):
        await asyncio.wait({run})
    if not run.cancelled():
        run.result()
    console.progress("stopped")


async def _run(settings: LauncherSettings, console: Console, ready: asyncio.Event, asked: asyncio.Event) -> None:
    build = asyncio.create_task(build_browser_ui(console), name="browser UI")
    try:
        async with running_hub(settings, console) as hub:
            ready.set()
            _announce(hub, console)
            await asked.wait()
            console.progress("stopping (once more: at once)")
            build.cancel()
    finally:
        if not build.cancelling():  # a second time would not let it end what it started in good order
            build.cancel()
        await asyncio.wait({build})


@contextmanager
def _on_signal(received: Callable[[], None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, received)
    try:
        yield
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)


def _announce(hub: RunningHub, console: Console) -> None:
    console.progress(f"Hub ready at {hub.url}")
    admin = hub.admin
    if admin.fresh:
        console.progress(
            f"first administrator: {admin.email}, password {admin.password} (kept in {hub.home.admin_password})"
        )
    elif hub.home.admin_password.exists():
        console.progress(f"first administrator: {admin.email}, password in {hub.home.admin_password}")
    else:
        console.progress(f"first administrator: {admin.email}, with the password that was given")
    console.progress(f"certificate authority: {hub.authority} (SHA-256 {hub.tls.fingerprint})")
