"""How a demo ends: what went wrong in words, and the exit status that says the same."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, Final

import aiohttp

from scripts.demo.check import ResultWrongError
from scripts.demo.client import CallRefusedError
from scripts.demo.material import MaterialMissingError
from services.kit.postgres import MigrationError
from services.launcher.console import Console
from services.launcher.errors import ChildFailedError, LaunchRefusedError

EXIT_OK: Final = 0
EXIT_FAILED: Final = 1
EXIT_REFUSED: Final = 4


def run_demo(demo: Coroutine[Any, Any, None], console: Console) -> int:
    """Run it to its end; the exit status: 0 done and right, 1 failed or stopped, 4 refused."""
    try:
        asyncio.run(_stoppable(demo))
    except (LaunchRefusedError, MigrationError, MaterialMissingError) as error:
        console.warn(str(error))
        return EXIT_REFUSED
    except (ChildFailedError, CallRefusedError, ResultWrongError, aiohttp.ClientError, OSError) as error:
        console.warn(f"the demo failed: {error or type(error).__name__}")
        return EXIT_FAILED
    except (KeyboardInterrupt, asyncio.CancelledError):
        console.warn("the demo was stopped")
        return EXIT_FAILED
    return EXIT_OK


async def _stoppable(demo: Coroutine[Any, Any, None]) -> None:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await demo
