"""The command `exekra` as somebody without a terminal types it, in a process of its own."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e.integrator import Integrator

SECONDS = 60


@contextmanager
def typist_in(folder: Path) -> Iterator[Path]:
    """The socket of a process that types commands; see `typist`. The folder's path is short."""
    path = folder / "typist.sock"
    command = (sys.executable, "-m", "tests.e2e.typist", str(path))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield path


@dataclass(frozen=True)
class Terminal:
    """An account on some machine; `environment` goes with every command.

    Without a `typist` every command is the installed program, which takes most of a second to load.
    """

    home: Path
    environment: dict[str, str] = field(default_factory=dict)
    typist: Path | None = None

    async def __call__(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        """Exit status, standard output, standard error."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("EXEKRA_", "XDG_"))}
        whole = {**kept, "HOME": str(self.home), **self.environment, **environment}
        run = self._start if self.typist is None else self._type
        return await asyncio.to_thread(run, arguments, whole)

    async def json(self, *arguments: str) -> Any:
        """What a command that succeeds prints with --json."""
        status, output, error = await self("--json", *arguments)
        assert status == 0, error
        return json.loads(output)

    def _start(self, arguments: tuple[str, ...], environment: dict[str, str]) -> tuple[int, str, str]:
        done = subprocess.run(
            [str(Path(sys.executable).with_name("exekra")), *arguments],
            env=environment,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=SECONDS,
        )
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def _type(self, arguments: tuple[str, ...], environment: dict[str, str]) -> tuple[int, str, str]:
        request = {"arguments": arguments, "environment": environment, "folder": str(self.home)}
        with (
            Path(os.devnull).open("rb") as nothing,
            tempfile.TemporaryFile() as output,
            tempfile.TemporaryFile() as error,
            socket.socket(socket.AF_UNIX) as connection,
        ):
            connection.settimeout(SECONDS)
            connection.connect(str(self.typist))
            files = [file.fileno() for file in (nothing, output, error)]
            socket.send_fds(connection, [json.dumps(request).encode()], files)
            status = int(connection.recv(16))
            output.seek(0)
            error.seek(0)
            return status, output.read().decode(), error.read().decode()


def terminal_at(hub: Integrator, home: Path) -> Terminal:
    """A terminal from which commands go to this Hub with its administrator's key."""
    return Terminal(home, environment_of(hub), hub.typist)


def environment_of(hub: Integrator) -> dict[str, str]:
    """What points the command, and everything else, to the running Hub with its administrator's key."""
    return {
        "EXEKRA_URL": hub.url,
        "EXEKRA_API_KEY": hub.key.removeprefix("Bearer "),
        "EXEKRA_CA": str(hub.under_test.running.authority),
    }
