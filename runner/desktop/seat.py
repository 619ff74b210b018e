"""The seat before the screen: one execution at a time has it, whichever runner of this account the execution is of.

A lock on a file beside the account's temporary files, which ends with the process that holds it, however that ends.
Beside the lock stands who holds it, for the runner's page: "the robot is using your mouse".
"""

import asyncio
import getpass
import json
import os
import re
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from runner.agent.filelock import FileLock
from runner.desktop.model import DesktopError

LOOK_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Use:
    """Who has the screen, since when (aware UTC)."""

    execution_id: str
    since: datetime


class Seat:
    """The right to use the screen, for one execution."""

    def __init__(self, execution_id: str) -> None:
        self._execution_id = execution_id
        self._lock: FileLock | None = None

    def take(self) -> bool:
        """Take it without waiting; False while another execution has it. Raises DesktopError DESKTOP_UNAVAILABLE."""
        try:
            lock = FileLock(_folder() / f"{_screen()}.lock")
            if not lock.acquire():
                return False
            self._lock = lock
            self._write_note()
        except OSError as error:
            self.leave()
            message = f"Executions cannot take turns at the screen: {error}."
            raise DesktopError("DESKTOP_UNAVAILABLE", message, retryable=True) from error
        return True

    async def wait(self) -> None:
        """Take it, sooner or later."""
        while True:
            if self.take():
                return
            await asyncio.sleep(LOOK_SECONDS)

    def leave(self) -> None:
        """Give it back; nothing happens when it is not held."""
        if self._lock is not None:
            _note().unlink(missing_ok=True)
            self._lock.release()
            self._lock = None

    def _write_note(self) -> None:
        document = {"executionId": self._execution_id, "since": datetime.now(UTC).isoformat()}
        temporary = _note().with_suffix(f".{os.getpid()}")
        temporary.write_text(json.dumps(document), encoding="utf-8")
        temporary.replace(_note())


def current_use() -> Use | None:
    """Who uses this account's screen now, for any process to ask; None when nobody does."""
    with suppress(DesktopError, OSError, ValueError, KeyError, TypeError):
        document = json.loads(_note().read_text(encoding="utf-8"))
        use = Use(str(document["executionId"]), datetime.fromisoformat(document["since"]))
        # A process that was killed leaves the note, not the lock. Whoever wants the lock meanwhile asks again anyway.
        lock = FileLock(_folder() / f"{_screen()}.lock")
        if not lock.acquire():
            return use
        lock.release()
    return None


def _note() -> Path:
    return _folder() / f"{_screen()}.json"


def _folder() -> Path:
    """A folder of this account alone: a file that others may replace locks nothing."""
    account = str(os.getuid()) if hasattr(os, "getuid") else getpass.getuser()
    folder = Path(tempfile.gettempdir()) / f"exekra-desktop-{account}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if hasattr(os, "getuid") and (folder.is_symlink() or folder.stat().st_uid != os.getuid()):
        message = f"{folder} belongs to another account; remove it, so that executions can take turns at the screen."
        raise DesktopError("DESKTOP_UNAVAILABLE", message)
    return folder


def _screen() -> str:
    """The screen's name as part of a file's name: `:0` and `:0.0` are one."""
    name = os.environ.get("DISPLAY") or os.environ.get("SESSIONNAME") or "console"
    return re.sub(r"[^A-Za-z0-9]+", "-", re.sub(r"(:\d+)\.\d+$", r"\1", name)).strip("-")
