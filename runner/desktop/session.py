"""An execution before the screen: its seat, one driver in one thread, and turns among its own nodes.

Owns that everything that is held down is released after each turn, also when the node was stopped in the middle.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from runner.desktop.driver import DesktopDriver, open_driver
from runner.desktop.seat import Seat

T = TypeVar("T")


class DesktopSession:
    """Opened by the first node that needs the screen, closed with the execution. Raises DesktopError throughout."""

    def __init__(self, execution_id: str, open_desktop: Callable[[], DesktopDriver] = open_driver) -> None:
        self._seat = Seat(execution_id)
        self._open_desktop = open_desktop
        self._driver: DesktopDriver | None = None
        self._opening = asyncio.Lock()
        self._turn = asyncio.Lock()
        # Neither X11's library nor COM may be used from several threads.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="desktop")

    @property
    def is_open(self) -> bool:
        """Whether seat and connection are there."""
        return self._driver is not None

    async def open(self, waits: Callable[[], None]) -> None:
        """Take the seat, for which it may have to wait (`waits` is called then), and connect; done once."""
        async with self._opening:
            if self._driver is not None:
                return
            if not self._seat.take():
                waits()
                await self._seat.wait()
            try:
                await self._in_thread(self._connect)
            except BaseException:
                await asyncio.shield(self._in_thread(self._disconnect))
                self._seat.leave()
                raise

    async def do(self, call: Callable[..., T], *arguments: Any) -> T:
        """`call(driver, *arguments)` in the desktop's thread, after all that was asked for before."""
        return await self._in_thread(self._call, call, *arguments)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Pointer and keyboard for one node alone; nothing stays pressed after it."""
        async with self._turn:
            try:
                yield
            finally:
                # Shielded: a second stop must not leave a key down either.
                await asyncio.shield(self.do(lambda driver: driver.release_all()))

    async def close(self) -> None:
        """Let go of keys, borrowed keys, clipboard, connection and seat."""
        try:
            await self._in_thread(self._disconnect)
        finally:
            self._thread.shutdown(wait=False)
            self._seat.leave()

    def _connect(self) -> None:
        self._driver = self._open_desktop()

    def _disconnect(self) -> None:
        driver, self._driver = self._driver, None
        if driver is not None:
            driver.close()

    def _call(self, call: Callable[..., T], *arguments: Any) -> T:
        assert self._driver is not None
        return call(self._driver, *arguments)

    async def _in_thread(self, call: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: call(*arguments))
