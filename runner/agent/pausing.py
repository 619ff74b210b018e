"""Whether the runner's owner wants it to take no work; kept over restarts, because a service comes back by itself."""

from datetime import UTC, datetime
from pathlib import Path


class PauseSwitch:
    """A file in the runner's home: while it is there, nothing new is taken. Executions at work go on."""

    def __init__(self, home: Path) -> None:
        self._path = home / "paused"
        self._since = self._read()

    @property
    def since(self) -> datetime | None:
        """When it was paused; None while it is not."""
        return self._since

    def pause(self) -> None:
        """Take no further work. Raises OSError when that cannot be kept."""
        if self._since is None:
            self._path.touch(mode=0o600)
            self._since = self._read()

    def resume(self) -> None:
        """Take work again."""
        self._path.unlink(missing_ok=True)
        self._since = None

    def _read(self) -> datetime | None:
        try:
            return datetime.fromtimestamp(self._path.stat().st_mtime, UTC)
        except FileNotFoundError:
            return None
