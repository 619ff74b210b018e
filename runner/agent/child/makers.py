"""Ways to make an execution's process: forked from a server that has imported the nodes, or spawned anew."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import psutil

from runner.agent.child.environment import inherited
from runner.agent.child.pipe import Pipe
from runner.agent.child.pool import Child, ChildPool, ChildStartError
from runner.agent.child.tree import Member, Roster, start_time

CLOSE_SECONDS = 5.0


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
        command = [sys.executable, "-P", "-m", "runner.agent.child.forkserver", str(theirs.fileno()), str(os.getpid())]
        self._server = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command,
            env=inherited(os.environ),
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
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
        command = [sys.executable, "-P", "-m", "runner.agent.child.main"]
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
                *command,
                "share",
                env=inherited(os.environ),
                stdin=subprocess.PIPE,
                creationflags=subprocess.CREATE_NEW_PROCESS_GROUP,
            )
            assert process.stdin is not None
            process.stdin.write(theirs.share(process.pid))
            process.stdin.close()
            return process
        return await asyncio.create_subprocess_exec(
            *command,
            str(theirs.fileno()),
            env=inherited(os.environ),
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
