"""What the agent and an execution's process say to each other: frames `<length u32><kind u8><body>` on a socket.

Either side ends when the other does: a closed pipe is the last word.
"""

import asyncio
import json
import socket
import struct
from collections import deque
from contextlib import suppress
from enum import IntEnum
from typing import Any

from runner.agent.model import dump_json

_HEAD = struct.Struct("<IB")
MAX_FRAME_BYTES = 64 * 1024 * 1024
BUFFER_BYTES = 256 * 1024
CHUNK_BYTES = 64 * 1024


class Frame(IntEnum):
    """Kinds of frames; all bodies are JSON."""

    READY = 1
    RUN = 2
    LEASE = 3
    STOP = 4
    NODE_EVENT = 5
    LOG_LINE = 6
    ARTIFACT = 7
    END = 8
    DEBUG = 9
    QUESTION = 10
    ANSWER = 11


_FRAMES = {frame.value: frame for frame in Frame}


class Pipe:
    """One end of the connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._buffer = bytearray()
        self._received: deque[tuple[Frame, bytes]] = deque()
        self._broken = False
        self._gathering = False
        self._gathered: list[bytes] = []
        self._gathered_bytes = 0
        writer.transport.set_write_buffer_limits(high=BUFFER_BYTES)

    @classmethod
    async def over(cls, connection: socket.socket) -> "Pipe":
        """Take over a connected socket."""
        connection.setblocking(False)
        return cls(*await asyncio.open_connection(sock=connection, limit=BUFFER_BYTES))

    def send(self, kind: Frame, body: bytes = b"") -> None:
        """Write at once, in order. The buffer grows until `drain` is awaited."""
        self._flush()
        self._write(_HEAD.pack(len(body), kind) + body)

    def send_line(self, kind: Frame, body: bytes) -> None:
        """`send` for what comes in floods: the first of a turn of the loop at once, the others together at its end."""
        frame = _HEAD.pack(len(body), kind) + body
        if self._gathering:
            self._gathered.append(frame)
            self._gathered_bytes += len(frame)
            return
        self._gathering = True
        asyncio.get_running_loop().call_soon(self._end_turn)
        self._write(frame)

    def send_json(self, kind: Frame, document: Any) -> None:
        """`send` with a document."""
        self.send(kind, dump_json(document))

    @property
    def is_clear(self) -> bool:
        """False when `drain` would wait."""
        return self._writer.transport.get_write_buffer_size() + self._gathered_bytes <= BUFFER_BYTES

    async def drain(self) -> None:
        """Wait until the other side has taken most of what was sent. Raises ConnectionError when it is gone."""
        self._flush()
        await self._writer.drain()

    async def receive(self) -> tuple[Frame, bytes] | None:
        """The next frame, or None when the other side is gone."""
        while not self._received:
            if self._broken:
                return None
            try:
                data = await self._reader.read(CHUNK_BYTES)
            except ConnectionError:
                return None
            if not data:
                return None
            if len(data) == CHUNK_BYTES:
                # A flood does not wait for its next piece; others want their turn all the same.
                await asyncio.sleep(0)
            self._take_apart(data)
        return self._received.popleft()

    def close(self) -> None:
        """End the conversation."""
        self._flush()
        self._writer.close()

    async def flush_and_close(self) -> None:
        """End the conversation when everything that was sent is on its way."""
        self.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()

    def _write(self, data: bytes) -> None:
        if not self._writer.is_closing():
            self._writer.write(data)

    def _end_turn(self) -> None:
        self._gathering = False
        self._flush()

    def _flush(self) -> None:
        if self._gathered:
            self._write(b"".join(self._gathered))
            self._gathered.clear()
            self._gathered_bytes = 0

    def _take_apart(self, data: bytes) -> None:
        """The whole frames of what has come; the beginning of another one waits for the rest."""
        buffer = self._buffer
        buffer += data
        start, end = 0, len(buffer)
        while end - start >= _HEAD.size:
            length, kind = _HEAD.unpack_from(buffer, start)
            if length > MAX_FRAME_BYTES:
                self._broken = True
                break
            if end - start < _HEAD.size + length:
                break
            start += _HEAD.size + length
            self._received.append((_FRAMES[kind], bytes(buffer[start - length : start])))
        del buffer[:start]


def parse(body: bytes) -> Any:
    """The document of a frame."""
    return json.loads(body)
