"""Where the agent keeps what inside its home, and the working folder of each execution."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path


class Folders:
    """Makes the folders, all 0700."""

    def __init__(self, home: Path) -> None:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.children = home / "children"
        """A note of each process that works for the agent."""
        self.graphs = home / "graphs"
        """Graphs by their hash."""
        self.files = home / "files"
        """Copies of attached files until the Hub has them."""
        self.work = home / "work"
        """Folders of executions while they run, see `WorkingFolders`."""
        self.continuations = home / "continuations"
        """What attempts need that do not begin at the beginning, while they run."""
        self.recent = home / "recent"
        """The last executions with their logs and pictures, for the runner's owner."""
        for folder in (self.children, self.graphs, self.files, self.work):
            folder.mkdir(mode=0o700, exist_ok=True)

    def clean(self, keep: Collection[str]) -> None:
        """Remove what an earlier agent did not come to remove; `keep` are paths of files that still wait."""
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(mode=0o700, exist_ok=True)
        for path in self.files.iterdir():
            if str(path) not in keep:
                path.unlink(missing_ok=True)


class WorkingFolders:
    """Empty folders for executions. One that was left empty is given out again: making and removing one for each
    execution costs more than everything else the agent does for a short one (1.5 ms beside other synced writes)."""

    def __init__(self, parent: Path) -> None:
        self._parent = parent
        self._empty: list[Path] = []

    @asynccontextmanager
    async def take(self) -> AsyncIterator[Path]:
        """A folder for one execution; what is in it afterwards is removed."""
        path = self._empty.pop() if self._empty else self._make()
        clean = False
        try:
            yield path
            clean = _is_empty(path)
        finally:
            if clean:
                self._empty.append(path)
            else:
                # In a thread, for there may be much. The next start removes what this cannot.
                await asyncio.to_thread(shutil.rmtree, path, ignore_errors=True)

    def _make(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self._parent))


def _is_empty(path: Path) -> bool:
    try:
        with os.scandir(path) as entries:
            return next(entries, None) is None
    except OSError:
        return False
