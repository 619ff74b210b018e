"""Programs that an execution starts: known by their process, ended with the execution unless they may stay."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import psutil

from runner.agent.child.tree import MARK, kill_group
from runner.desktop.model import DesktopError

END_SECONDS: Final = 2.0
"""How long a program may take to end when it is asked to; then it is killed."""
_OURS: Final = "EXEKRA_"
_SHOWN: Final = 1_000
_staying: Final[list[int]] = []


def any_stays() -> bool:
    """Whether a program that this process started may outlive it."""
    return bool(_staying)


class Program:
    """A program that was started. Its own output goes to a file."""

    def __init__(self, process: subprocess.Popen[bytes], output: Path, *, stays: bool) -> None:
        self._process = process
        self._output = output
        self.stays = stays

    @property
    def pid(self) -> int:
        """The number of its first process."""
        return self._process.pid

    def processes(self) -> set[int]:
        """The numbers of the program and of all that it started in turn."""
        with suppress(psutil.NoSuchProcess):
            return {self.pid, *(child.pid for child in psutil.Process(self.pid).children(recursive=True))}
        return {self.pid}

    def check(self) -> None:
        """Raises DesktopError APP_FAILED when it ended with an error; one that ended well may live on elsewhere."""
        status = self._process.poll()
        if status:
            said = self._output.read_bytes()[-_SHOWN:].decode("utf-8", "replace").strip()
            message = f"The program ended at once (exit code {status}){f': {said}' if said else '.'}"
            raise DesktopError("APP_FAILED", message, details={"exitCode": status})

    async def end(self) -> None:
        """Ask it to end, then kill it and what is left of its group."""
        if self._process.poll() is None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(self._process.wait, END_SECONDS)
        kill_group(self.pid)
        if self._process.poll() is None:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)


class Programs:
    """The programs of one execution; a resource of it."""

    def __init__(self) -> None:
        self._started: list[Program] = []

    def start(self, arguments: Sequence[str], folder: Path, output: Path, *, stays: bool) -> Program:
        """Start a program, without a shell. Raises DesktopError APP_NOT_FOUND or APP_NOT_STARTED."""
        options: dict[str, Any] = {}
        if sys.platform == "win32":
            options["creationflags"] = subprocess.CREATE_NEW_PROCESS_GROUP
        else:
            # A group of its own: it may be ended, or outlive the execution, apart from it.
            options["start_new_session"] = True
        try:
            with output.open("ab") as file:
                process = subprocess.Popen(  # noqa: S603 - starting what the workflow names is this node's work
                    list(arguments),
                    cwd=folder,
                    env=_environment(os.environ, stays=stays),
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=subprocess.STDOUT,
                    **options,
                )
        except FileNotFoundError as error:
            message = f"There is no program {arguments[0]!r} on this machine (or no folder {folder}); check the name."
            raise DesktopError("APP_NOT_FOUND", message) from error
        except (OSError, ValueError) as error:
            raise DesktopError("APP_NOT_STARTED", f"{arguments[0]!r} cannot be started: {error}.") from error
        program = Program(process, output, stays=stays)
        self._started.append(program)
        if stays:
            _staying.append(program.pid)
        return program

    async def close(self) -> None:
        """End those that may not stay, the latest first."""
        while self._started:
            program = self._started.pop()
            if not program.stays:
                await program.end()


def _environment(own: Mapping[str, str], *, stays: bool) -> dict[str, str]:
    """The runner's settings are not for other programs; the mark lets all that belongs to the execution be found."""
    keep = () if stays else (MARK,)
    return {name: value for name, value in own.items() if name in keep or not name.startswith(_OURS)}
