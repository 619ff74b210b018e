"""Where the agent keeps what inside its home, and the working folder of each execution."""

import asyncio
import shutil
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
        """A folder for each execution while it runs."""
        for folder in (self.children, self.graphs, self.files, self.work):
            folder.mkdir(mode=0o700, exist_ok=True)

    def clean(self, keep: Collection[str]) -> None:
        """Remove what an earlier agent did not come to remove; `keep` are paths of files that still wait."""
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(mode=0o700, exist_ok=True)
        for path in self.files.iterdir():
            if str(path) not in keep:
                path.unlink(missing_ok=True)


@asynccontextmanager
async def working_folder(path: Path) -> AsyncIterator[None]:
    """The folder exists inside the block and is gone after it, with everything in it."""
    _make(path)
    try:
        yield
    finally:
        if not _remove_empty(path):
            # In a thread, for there may be much; shielded by none: the next start cleans up as well.
            await asyncio.to_thread(shutil.rmtree, path, ignore_errors=True)


def _make(path: Path) -> None:
    path.mkdir(mode=0o700, exist_ok=True)


def _remove_empty(path: Path) -> bool:
    try:
        path.rmdir()
    except OSError:
        return False
    return True
