"""The life of a service process: log, start, say ready, wait for a signal, drain, end.

The first SIGTERM or SIGINT drains; a second one, or the drain deadline, cancels what is left.
"""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import structlog
from prometheus_client import start_http_server

from services.kit.credentials import is_unix, server_credentials
from services.kit.errors import DomainError
from services.kit.log import configure_logging
from services.kit.rpc_server import Registration, grpc_server
from services.kit.settings import ServiceSettings

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Parts:
    """What a service consists of: RPCs on its internal address, and coroutines that run until `stop` is set."""

    registrations: Sequence[Registration] = ()
    background: Sequence[Callable[[], Awaitable[object]]] = field(default_factory=tuple)


Compose = Callable[[asyncio.Event], AbstractAsyncContextManager[Parts]]
"""Given the stop event, opens what the service needs and yields its parts; closes it after the drain."""


def run_service(name: str, settings: ServiceSettings, compose: Compose, *, address: str = "") -> None:
    """Runs until a signal, then exits the process with 0; with 1 if a part failed."""
    configure_logging(name, settings.log_format, settings.log_level)
    try:
        asyncio.run(_run(name, settings, compose, address))
    except (OSError, DomainError) as error:
        log.error("cannot start", error=str(error))
        sys.exit(1)
    except ExceptionGroup as group:
        for cause in group.exceptions:
            log.error("ended by an error", exc_info=cause)
        sys.exit(1)
    except asyncio.CancelledError:
        log.warning("drain deadline passed; what was left was cancelled")
        sys.exit(1)


async def _run(name: str, settings: ServiceSettings, compose: Compose, address: str) -> None:
    stop = asyncio.Event()
    with _signals(stop, settings.drain_seconds):
        async with AsyncExitStack() as stack:
            parts = await stack.enter_async_context(compose(stop))
            if settings.metrics_listen:
                host, _, port = settings.metrics_listen.rpartition(":")
                start_http_server(int(port), host)
            server = _internal_server(name, settings, parts, settings.listen or address)
            async with asyncio.TaskGroup() as tasks, server:
                for background in parts.background:
                    tasks.create_task(_guarded(background, stop))
                # What is loaded by now stays: each full collection would walk all of it, for tens of milliseconds.
                gc.collect()
                gc.freeze()
                log.info("ready", pid=os.getpid())
                await stop.wait()
                log.info("draining")


async def _guarded(background: Callable[[], Awaitable[object]], stop: asyncio.Event) -> None:
    """A part that ends before it was asked to takes the process down with it: no silent zombies."""
    try:
        await background()
    except BaseException:
        stop.set()
        raise
    if not stop.is_set():
        stop.set()
        raise RuntimeError(f"{getattr(background, '__qualname__', background)} ended by itself")


@asynccontextmanager
async def _internal_server(name: str, settings: ServiceSettings, parts: Parts, listen: str) -> AsyncIterator[None]:
    if not parts.registrations:
        yield
        return
    credentials = None if is_unix(listen) else server_credentials(settings.internal_tls, name)
    async with grpc_server(parts.registrations, listen, credentials=credentials, drain_seconds=settings.drain_seconds):
        yield


class _signals:  # noqa: N801 - reads as a block
    """Turns signals into the stop event; the drain deadline or a second signal cancels the main task."""

    def __init__(self, stop: asyncio.Event, drain_seconds: float) -> None:
        self._stop = stop
        self._drain_seconds = drain_seconds
        self._task = asyncio.current_task()

    def __enter__(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._received)

    def __exit__(self, *_: object) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)

    def _received(self) -> None:
        if self._stop.is_set():
            self._cancel()
            return
        self._stop.set()
        asyncio.get_running_loop().call_later(self._drain_seconds + 2.0, self._cancel)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
