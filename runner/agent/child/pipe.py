"""What the agent and an execution's process say to each other: frames `<length u32><kind u8><body>` on a socket.

Either side ends when the other does: a closed pipe is the last word.
"""

import asyncio
import json
import socket
import struct
from contextlib import suppress
from enum import IntEnum
from typing import Any

from runner.agent.model import dump_json

_HEAD = struct.Struct("<IB")
MAX_FRAME_BYTES = 64 * 1024 * 1024
BUFFER_BYTES = 256 * 1024


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


class Pipe:
    """One end of the connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        writer.transport.set_write_buffer_limits(high=BUFFER_BYTES)

    @classmethod
    async def over(cls, connection: socket.socket) -> "Pipe":
        """Take over a connected socket."""
        connection.setblocking(False)
        return cls(*await asyncio.open_connection(sock=connection, limit=BUFFER_BYTES))

    def send(self, kind: Frame, body: bytes = b"") -> None:
        """Write soon, in order. The buffer grows until `drain` is awaited."""
        if not self._writer.is_closing():
            self._writer.write(_HEAD.pack(len(body), kind) + body)

    def send_json(self, kind: Frame, document: Any) -> None:
        """`send` with a document."""
        self.send(kind, dump_json(document))

    @property
    def is_clear(self) -> bool:
        """False when `drain` would wait."""
        return self._writer.transport.get_write_buffer_size() <= BUFFER_BYTES

    async def drain(self) -> None:
        """Wait until the other side has taken most of what was sent. Raises ConnectionError when it is gone."""
        await self._writer.drain()

    async def receive(self) -> tuple[Frame, bytes] | None:
        """The next frame, or None when the other side is gone."""
        try:
            length, kind = _HEAD.unpack(await self._reader.readexactly(_HEAD.size))
            if length > MAX_FRAME_BYTES:
                return None
            return Frame(kind), await self._reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    def close(self) -> None:
        """End the conversation."""
        self._writer.close()

    async def flush_and_close(self) -> None:
        """End the conversation when everything that was sent is on its way."""
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()


def parse(body: bytes) -> Any:
    """The document of a frame."""
    return json.loads(body)
