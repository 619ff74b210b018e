"""Whether the runner's owner wants it to take no work; kept over restarts, because a service comes back by itself."""

import getpass
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Pause:
    """Since when, and by which account of this machine; empty when the system does not tell."""

    since: datetime
    by: str


class PauseSwitch:
    """A file in the runner's home: while it is there, nothing new is taken. Executions at work go on."""

    def __init__(self, home: Path) -> None:
        self._path = home / "paused"
        self._pause = self._read()

    @property
    def now(self) -> Pause | None:
        """The pause; None while the runner works."""
        return self._pause

    def pause(self) -> None:
        """Take no further work. Raises OSError when that cannot be kept."""
        if self._pause is None:
            self._path.touch(mode=0o600)
            self._path.write_text(_account(), encoding="utf-8")
            self._pause = self._read()

    def resume(self) -> None:
        """Take work again."""
        self._path.unlink(missing_ok=True)
        self._pause = None

    def _read(self) -> Pause | None:
        try:
            since = datetime.fromtimestamp(self._path.stat().st_mtime, UTC)
            return Pause(since, self._path.read_text(encoding="utf-8", errors="replace"))
        except FileNotFoundError:
            return None


def _account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # KeyError before Python 3.13
        return ""
