"""A network that can be cut: a TCP proxy whose directions stand still, whose connections break, and that heals.

What is under way while a direction stands still is not lost but late, as TCP has it: after healing, old connections
bring what they held, however stale it has become.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

CHUNK = 64 * 1024
_RESET = struct.pack("ii", 1, 0)


class Proxy:
    """Listens on `address`; `from_client` and `from_server` are set while bytes of that direction pass."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.accepted = 0
        self.from_client = asyncio.Event()
        self.from_server = asyncio.Event()
        self.heal()

    @property
    def address(self) -> str:
        """host:port to connect to."""
        assert self._server is not None
        return f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def blackhole(self) -> None:
        """Nothing passes any more, and nobody is told."""
        self.from_client.clear()
        self.from_server.clear()

    def deafen(self) -> None:
        """Half open: what the client says arrives, what the server answers does not."""
        self.from_server.clear()

    def mute(self) -> None:
        """Half open the other way: the client hears, and is not heard."""
        self.from_client.clear()

    def heal(self) -> None:
        """Everything passes, first what was held."""
        self.from_client.set()
        self.from_server.set()

    def reset(self) -> None:
        """Every connection breaks at once, on both sides; new ones are accepted."""
        for writer in self._writers:
            with suppress(OSError):
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()

    async def start(self) -> None:
        """Begin to listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def stop(self) -> None:
        """End everything."""
        assert self._server is not None
        self._server.close()
        self.reset()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        try:
            there, back = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        pair = {writer, back}
        self._writers |= pair
        pumps = [
            asyncio.create_task(self._pump(reader, back, self.from_client)),
            asyncio.create_task(self._pump(there, writer, self.from_server)),
        ]
        self._tasks |= set(pumps)
        try:
            await asyncio.wait(pumps)
        finally:
            self._tasks -= set(pumps)
            self._writers -= pair
            for each in pair:
                each.transport.abort()

    @staticmethod
    async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter, passes: asyncio.Event) -> None:
        with suppress(OSError):
            while data := await source.read(CHUNK):
                await passes.wait()
                target.write(data)
                await target.drain()
            await passes.wait()
            target.write_eof()


@asynccontextmanager
async def proxy_to(address: str) -> AsyncIterator[Proxy]:
    """A proxy in front of host:port."""
    host, _, port = address.rpartition(":")
    proxy = Proxy(host, int(port))
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()
