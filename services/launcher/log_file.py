"""The log of one process: the pipe it writes into, a file of bounded size, its last lines for error messages."""

import asyncio
import os
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

FILE_BYTES: Final = 16 * 1024 * 1024
LINE_BYTES: Final = 1024 * 1024
REMEMBERED_LINES: Final = 12
# After a process ended, one that it left behind may hold the pipe open: no reason to wait for it.
REST_SECONDS: Final = 1.0


class LogFile:
    """Appends lines; at the limit the file becomes `<name>.log.1` and a new one begins. Close it when done."""

    def __init__(self, path: Path, limit_bytes: int = FILE_BYTES) -> None:
        self.path = path
        self.last_lines: deque[str] = deque(maxlen=REMEMBERED_LINES)
        self._limit_bytes = limit_bytes
        self._file = self._open()
        self._size = self._file.tell()

    def write(self, line: str) -> None:
        """Append one line (without its newline)."""
        self.last_lines.append(line)
        content = f"{line}\n".encode()
        # On a full disk the line is lost and the reader goes on: a process whose pipe is not read would stand still.
        with suppress(OSError):
            if self._size and self._size + len(content) > self._limit_bytes:
                self._turn()
            self._file.write(content)
            self._size += len(content)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def _turn(self) -> None:
        self._file.close()
        self.path.replace(self.path.with_name(f"{self.path.name}.1"))
        self._file = self._open()
        self._size = 0

    def _open(self) -> BinaryIO:
        file = self.path.open("ab", buffering=0)
        self.path.chmod(0o600)
        return file


class LinePipe:
    """A pipe whose lines are handed to a function. Give `writer` to one process, then `close_writer`, then `finish`.

    Not the pipe of asyncio's subprocess: waiting for that process would wait for everybody who holds the pipe.
    """

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self._on_line = on_line
        self._read_end, self.writer = os.pipe()
        self._writer_open = True
        self._reading: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to read."""
        reader = asyncio.StreamReader(limit=LINE_BYTES)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(self._read_end, "rb", buffering=0)
        )
        self._reading = asyncio.create_task(self._read(reader, transport))

    def close_writer(self) -> None:
        """Close our copy of the writing end, so that the reader sees the process close its own."""
        if self._writer_open:
            self._writer_open = False
            os.close(self.writer)

    async def finish(self) -> None:
        """Return when all lines are handed over, or the rest is not worth waiting for."""
        self.close_writer()
        if self._reading is not None:
            await asyncio.wait({self._reading}, timeout=REST_SECONDS)
            self._reading.cancel()
            await asyncio.wait({self._reading})

    async def _read(self, reader: asyncio.StreamReader, transport: asyncio.ReadTransport) -> None:
        try:
            while True:
                try:
                    raw = await reader.readline()
                except ValueError:  # longer than LINE_BYTES: what was read of it is dropped
                    continue
                if not raw:
                    return
                self._on_line(raw.decode(errors="replace").rstrip("\n"))
        finally:
            transport.close()
