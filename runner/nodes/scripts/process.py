"""Runs one program to its end: input in, bounded output out, and nothing of it left afterwards, however it ends."""

import asyncio
import codecs
import secrets
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from runner.nodes.scripts.family import ask_to_end, kill_family
from runner.nodes.scripts.surroundings import surroundings

GRACE_SECONDS: Final = 2.0
"""Between the request to end and the kill; the engine gives a node up after five seconds."""
DRAIN_SECONDS: Final = 1.0
"""For the last output after everything has ended."""
_OUT, _ERROR = 1, 2


class TooMuchOutputError(Exception):
    """The program wrote more than it may."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to run: `tell` hears what comes on the standard error, in pieces as they come."""

    command: Sequence[str]
    folder: Path
    input: bytes
    most_output: int
    seconds: float
    tell: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ending:
    """How it ended by itself. A negative status is the signal that ended it."""

    status: int
    output: bytes


async def run_process(job: Job) -> Ending:
    """Run it. Raises TimeoutError, TooMuchOutputError, OSError when it cannot be started.

    Whoever cancels this, or is refused, may rely on it: when it is over, so is every process the program started.
    """
    loop = asyncio.get_running_loop()
    mark = secrets.token_hex(16)
    transport, conversation = await loop.subprocess_exec(
        lambda: _Conversation(job),
        *job.command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=job.folder,
        env=surroundings(mark),
        **_own_group(),
    )
    pid = transport.get_pid()
    try:
        _feed(transport, job.input)
        async with asyncio.timeout(job.seconds):
            await conversation.ended
    except BaseException:
        ask_to_end(pid)
        await asyncio.wait([conversation.exited], timeout=GRACE_SECONDS)
        raise
    finally:
        await asyncio.to_thread(kill_family, pid, mark)
        await asyncio.wait([conversation.exited, conversation.silent], timeout=DRAIN_SECONDS)
        transport.close()
    status = transport.get_returncode()
    assert status is not None
    return Ending(status, conversation.output())


class _Conversation(asyncio.SubprocessProtocol):
    """What the program says. `ended` is set when it exits, or fails with TooMuchOutputError."""

    def __init__(self, job: Job) -> None:
        loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[None] = loop.create_future()
        self.exited: asyncio.Future[None] = loop.create_future()
        self.silent: asyncio.Future[None] = loop.create_future()
        """Both outputs are closed."""
        self._job = job
        self._blocks: list[bytes] = []
        self._size = 0
        self._open = {_OUT, _ERROR}
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def output(self) -> bytes:
        """Everything it wrote to the standard output."""
        return b"".join(self._blocks)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """Keep it or pass it on."""
        if fd == _ERROR:
            self._job.tell(self._decoder.decode(data))
            return
        self._size += len(data)
        if self._size <= self._job.most_output:
            self._blocks.append(data)
        elif not self.ended.done():
            self.ended.set_exception(TooMuchOutputError)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002 - the contract's signature
        """An output was closed, or the input was not wanted."""
        self._open.discard(fd)
        if not self._open and not self.silent.done():
            self.silent.set_result(None)

    def process_exited(self) -> None:
        """It is over, though programs it started may still hold its outputs."""
        for future in (self.exited, self.ended):
            if not future.done():
                future.set_result(None)


def _feed(transport: asyncio.SubprocessTransport, data: bytes) -> None:
    stdin: Any = transport.get_pipe_transport(0)
    stdin.write(data)
    stdin.close()


def _own_group() -> dict[str, Any]:
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"process_group": 0}
