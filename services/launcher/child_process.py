"""One supervised process: started, read, waited for, started again when it ends by itself, stopped when asked.

The order among several processes is the supervisor's.
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from services.launcher.console import Console
from services.launcher.errors import ChildFailedError, LaunchRefusedError
from services.launcher.home import Home
from services.launcher.log_file import LinePipe, LogFile
from services.launcher.processes import forget_process, record_process

FIRST_PAUSE_SECONDS: Final = 0.2
LONGEST_PAUSE_SECONDS: Final = 10.0
# A process that lived this long has forgotten its earlier failures.
SETTLED_SECONDS: Final = 30.0


@dataclass(frozen=True)
class ChildSpec:
    """What to run and how to know that it works.

    `command` is called (off the loop) before every start and may prepare files. `ready` returns when the process
    answers, None means that living is enough. `drain_seconds` lie between `stop_signal` and the kill. Of processes that
    start together those with the higher `stop_rank` stop first.
    """

    name: str
    command: Callable[[], tuple[str, ...]]
    environment: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], Awaitable[None]] | None = None
    ready_seconds: float = 60.0
    stop_signal: signal.Signals = signal.SIGTERM
    drain_seconds: float = 15.0
    stop_rank: int = 0


class Child:
    """A running `ChildSpec`. `start` once, then `stop` once; between them it is kept alive."""

    def __init__(self, spec: ChildSpec, home: Home, console: Console) -> None:
        self.spec = spec
        self._home = home
        self._console = console
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._spawned = asyncio.Event()
        self._stopping = asyncio.Event()
        self._was_ready = False
        self._last_lines: Sequence[str] = ()

    @property
    def pid(self) -> int | None:
        """The number of the process that runs now; None between two lives."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> None:
        """Start the process and return when it is ready.

        Raises:
            ChildFailedError: it ended instead, or was not ready in time; the message carries its last lines.
            LaunchRefusedError: its command cannot be made.
        """
        self._keeper = asyncio.create_task(self._keep(), name=f"keep {self.spec.name}")
        readiness = asyncio.ensure_future(self._become_ready())
        try:
            await asyncio.wait({self._keeper, readiness}, return_when=asyncio.FIRST_COMPLETED)
            if self._keeper.done():
                await self._keeper  # its error tells why; without one somebody stopped it meanwhile
                raise ChildFailedError(self._described("was stopped while it started"))
            await readiness
            self._was_ready = True
        finally:
            readiness.cancel()

    async def stop(self) -> None:
        """Ask the process to end, kill what is left of it after its drain time, and wait until it is gone."""
        self._stopping.set()
        if self._keeper is None:
            return
        self._signal(self.spec.stop_signal)
        await asyncio.wait({self._keeper}, timeout=self.spec.drain_seconds)
        if not self._keeper.done():
            self._console.warn(f"{self.spec.name} does not stop within {self.spec.drain_seconds:.0f} s and is killed")
            self.kill()
        await asyncio.wait({self._keeper})
        if not self._keeper.cancelled():
            self._keeper.exception()  # told by `start` already, or the start was given up

    def kill(self) -> None:
        """End the process at once, with what it started."""
        self._stopping.set()
        if self.pid is not None:
            _end_group(self.pid)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)

    async def _become_ready(self) -> None:
        await self._spawned.wait()
        if self.spec.ready is None:
            return
        try:
            async with asyncio.timeout(self.spec.ready_seconds):
                await self.spec.ready()
        except TimeoutError:
            raise ChildFailedError(self._described(f"was not ready after {self.spec.ready_seconds:.0f} s")) from None

    async def _keep(self) -> None:
        """Run the process, and again with growing pauses, until it is asked to stop."""
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            began = loop.time()
            ended = await self._live()
            if self._stopping.is_set():
                return
            if not self._was_ready:
                raise ChildFailedError(self._described(f"{ended} while it started"))
            if loop.time() - began > SETTLED_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            self._console.warn(f"{self.spec.name} {ended}; starting it again in {pause:.1f} s")
            try:
                await asyncio.wait_for(self._stopping.wait(), pause)
            except TimeoutError:
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _live(self) -> str:
        """One life of the process; how it ended, in words. What prevents the very first life is raised."""
        try:
            code = await self._run_once()
        except (OSError, LaunchRefusedError) as error:
            if isinstance(error, LaunchRefusedError) and not self._was_ready:
                raise
            return f"cannot be started ({error})"
        return f"ended with signal {signal.Signals(-code).name}" if code < 0 else f"ended with exit status {code}"

    async def _run_once(self) -> int:
        command = await asyncio.to_thread(self.spec.command)
        with LogFile(self._log_path()) as log:
            self._last_lines = log.last_lines

            def take(line: str) -> None:
                log.write(line)
                self._console.line_of(self.spec.name, line)

            output = LinePipe(take)
            await output.start()
            try:
                self._process = await self._spawn(command, output)
                self._spawned.set()
                code = await self._process.wait()
                _end_group(self._process.pid)  # what it started and left behind
                return code
            finally:
                await output.finish()
                forget_process(self._home.processes, self.spec.name)

    async def _spawn(self, command: tuple[str, ...], output: LinePipe) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output.writer,
            stderr=output.writer,
            env=dict(self.spec.environment),
            # A group of its own: Ctrl-C at the terminal reaches the supervisor alone, which stops in order.
            start_new_session=True,
        )
        output.close_writer()
        record_process(self._home.processes, self.spec.name, process.pid)
        if self._stopping.is_set():
            process.send_signal(self.spec.stop_signal)  # asked while it was being started
        return process

    def _log_path(self) -> Path:
        return self._home.logs / f"{self.spec.name}.log"

    def _described(self, what: str) -> str:
        lines = "".join(f"\n    {line[:500]}" for line in self._last_lines)
        return f"{self.spec.name} {what}. Its log is {self._log_path()}{':' if lines else '.'}{lines}"


def _end_group(leader: int) -> None:
    """Kill the process group that a process leads or led."""
    with suppress(ProcessLookupError, PermissionError):  # macOS says the latter of zombies
        os.killpg(leader, signal.SIGKILL)
