"""Keeps execution processes ready, so that an offer need not wait for an interpreter to start.

On Linux they are forked by a server that has imported the nodes; elsewhere whole processes are spawned ahead.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal, Protocol

import psutil

from runner.agent.child.pipe import Frame, Pipe
from runner.agent.child.tree import Member, Roster, kill_group, kill_tree, start_time

READY_SECONDS = 60.0
CLOSE_SECONDS = 5.0


class ChildStartError(Exception):
    """No process for an execution could be made; the message says what happened."""


class Child:
    """A process that is ready for one execution, or works on it."""

    def __init__(self, pid: int, pipe: Pipe, roster: Roster) -> None:
        self.pipe = pipe
        self.member = Member(pid, start_time(pid), "")
        self.exited: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        """Exit code, negative for a signal; None when it could not be learnt."""
        self._roster = roster
        roster.add(self.member)

    def assign(self, attempt_id: str) -> None:
        """From now on the process belongs to this attempt."""
        self.member = Member(self.member.pid, self.member.started_at, attempt_id)
        self._roster.add(self.member)

    async def kill(self) -> None:
        """End the process and everything it started."""
        await asyncio.to_thread(kill_tree, self.member)

    def release(self) -> None:
        """The process ended or is to end now; kills what it left in its group."""
        self.pipe.close()
        kill_group(self.member.pid)
        self._roster.remove(self.member.pid)


class Maker(Protocol):
    """A way to make processes."""

    async def make(self) -> Child:
        """A new process, not yet ready. Raises ChildStartError."""
        ...

    async def close(self) -> None:
        """Make no more, and wait until what was released is gone."""
        ...


class ChildPool:
    """Ready processes; `take` hands one out and another is made in the background."""

    def __init__(self, maker: Maker, spares: int) -> None:
        self._maker = maker
        self._spares = spares
        self._ready: deque[Child] = deque()
        self._filling: asyncio.Task[None] | None = None

    async def take(self) -> Child:
        """A ready process. Raises ChildStartError."""
        while self._ready:
            child = self._ready.popleft()
            if not child.exited.done():
                self.fill()
                return child
            child.release()
        child = await self._make_ready()
        self.fill()
        return child

    def fill(self) -> None:
        """Make processes ready in the background, up to the number of spares."""
        if self._filling is None or self._filling.done():
            self._filling = asyncio.create_task(self._fill())

    async def close(self) -> None:
        """End the spares and the maker."""
        if self._filling is not None:
            self._filling.cancel()
            await asyncio.gather(self._filling, return_exceptions=True)
        for child in self._ready:
            child.release()
        self._ready.clear()
        await self._maker.close()

    async def _fill(self) -> None:
        # A failure shows when an execution needs the process; a spare that cannot be made harms nobody.
        with suppress(ChildStartError):
            while len(self._ready) < self._spares:
                self._ready.append(await self._make_ready())

    async def _make_ready(self) -> Child:
        child = await self._maker.make()
        try:
            async with asyncio.timeout(READY_SECONDS):
                frame = await child.pipe.receive()
        except TimeoutError:
            child.release()
            raise ChildStartError(f"The execution's process was not ready within {READY_SECONDS:.0f} s.") from None
        except BaseException:
            child.release()
            raise
        if frame is None or frame[0] is not Frame.READY:
            child.release()
            raise ChildStartError("The execution's process ended while it started; see the runner's output.")
        return child


class ForkMaker:
    """Asks the fork server, which is started at the first use and again when it died."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._server: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._forks: deque[asyncio.Future[int]] = deque()
        self._children: dict[int, Child] = {}

    async def make(self) -> Child:
        """A new process, forked from the server."""
        if self._control is None:
            self._start()
        assert self._control is not None
        ours, theirs = socket.socketpair()
        forked: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._forks.append(forked)
        try:
            socket.send_fds(self._control, [b"fork"], [theirs.fileno()])
        except OSError as error:
            self._forks.remove(forked)
            self._server_died()
            ours.close()
            raise ChildStartError(f"The fork server does not answer: {error.strerror}.") from error
        finally:
            theirs.close()
        try:
            pid = await forked
        except BaseException:
            ours.close()  # a process that was forked all the same sees this and ends
            raise
        pipe = await Pipe.over(ours)
        try:
            child = Child(pid, pipe, self._roster)
        except psutil.NoSuchProcess:
            pipe.close()
            raise ChildStartError("The execution's process ended while it started.") from None
        self._children[pid] = child
        return child

    async def close(self) -> None:
        """End the server; the kernel ends what it forked."""
        if self._server is not None:
            self._server_died()

    def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        command = [sys.executable, "-m", "runner.agent.child.forkserver", str(theirs.fileno()), str(os.getpid())]
        self._server = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, start_new_session=True
        )
        theirs.close()
        self._control = ours
        self._roster.add(Member(self._server.pid, start_time(self._server.pid), ""))
        asyncio.get_running_loop().add_reader(ours.fileno(), self._hear)

    def _hear(self) -> None:
        assert self._control is not None
        try:
            message = self._control.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            message = b""
        if not message:
            self._server_died()
            return
        document = json.loads(message)
        if "forked" in document:
            forked = self._forks.popleft()
            if not forked.done():
                forked.set_result(document["forked"])
        else:
            child = self._children.pop(document["exited"], None)
            if child is not None and not child.exited.done():
                child.exited.set_result(document["status"])

    def _server_died(self) -> None:
        assert self._control is not None
        assert self._server is not None
        asyncio.get_running_loop().remove_reader(self._control.fileno())
        self._control.close()
        self._control = None
        self._server.kill()
        self._server.wait()
        self._roster.remove(self._server.pid)
        for forked in self._forks:
            if not forked.done():
                forked.set_exception(ChildStartError("The fork server ended; see the runner's output."))
        self._forks.clear()
        for child in self._children.values():
            if not child.exited.done():
                child.exited.set_result(None)
        self._children.clear()


class SpawnMaker:
    """Starts an interpreter for each process (macOS, Windows, or where forking is not wanted)."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._watches: set[asyncio.Task[int]] = set()

    async def make(self) -> Child:
        """A new process; it imports the nodes before it is ready."""
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", "runner.agent.child.main"]
        try:
            process = await self._start(command, theirs)
        except OSError as error:
            ours.close()
            raise ChildStartError(f"No process can be started: {error.strerror}.") from error
        finally:
            theirs.close()
        child = Child(process.pid, await Pipe.over(ours), self._roster)
        watch = asyncio.create_task(process.wait())
        self._watches.add(watch)
        watch.add_done_callback(self._watches.discard)
        watch.add_done_callback(_settle(child, process))
        return child

    async def close(self) -> None:
        """Wait for the ends of processes; they are killed when they are released."""
        if self._watches:
            await asyncio.wait(self._watches, timeout=CLOSE_SECONDS)

    async def _start(self, command: list[str], theirs: socket.socket) -> asyncio.subprocess.Process:
        if sys.platform == "win32":
            process = await asyncio.create_subprocess_exec(
                *command, "share", stdin=subprocess.PIPE, creationflags=subprocess.CREATE_NEW_PROCESS_GROUP
            )
            assert process.stdin is not None
            process.stdin.write(theirs.share(process.pid))
            process.stdin.close()
            return process
        return await asyncio.create_subprocess_exec(
            *command,
            str(theirs.fileno()),
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )


def _settle(child: Child, process: asyncio.subprocess.Process) -> Callable[[asyncio.Task[int]], None]:
    def settle(_task: asyncio.Task[int]) -> None:
        if not child.exited.done():
            child.exited.set_result(process.returncode)

    return settle


def make_pool(folder: Path, start: Literal["fork", "spawn"] | None, spares: int) -> ChildPool:
    """The pool that fits this platform; `folder` is where running processes are noted."""
    forks = start == "fork" or (start is None and sys.platform == "linux")
    roster = Roster(folder)
    return ChildPool(ForkMaker(roster) if forks else SpawnMaker(roster), spares)
