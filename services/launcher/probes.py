"""How it is known that a process works: by asking it as its users do. Each probe returns when the answer is good."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

PROBE_SECONDS: Final = 0.03

Probe = Callable[[], Awaitable[None]]


async def accepts_at(path: Path) -> None:
    """Return when somebody accepts connections on the Unix socket."""
    while True:
        try:
            _, writer = await asyncio.open_unix_connection(str(path))
        except OSError:
            await asyncio.sleep(PROBE_SECONDS)
        else:
            await _close(writer)
            return


async def answers_at(port: int, path: str, authority: Path) -> None:
    """Return when a GET on the local HTTPS port is answered with 200 by a server that the authority certified."""
    context = ssl.create_default_context(cafile=str(authority))
    while not await _is_ok(port, path, context):  # noqa: ASYNC110 - another process cannot set our event
        await asyncio.sleep(PROBE_SECONDS)


async def _is_ok(port: int, path: str, context: ssl.SSLContext) -> bool:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    except OSError:  # ssl.SSLError is one
        return False
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
        status = await reader.readline()
        return status.split()[1:2] == [b"200"]
    except OSError:
        return False
    finally:
        await _close(writer)


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
