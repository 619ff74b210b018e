"""Results the Hub has taken, kept for some days: a Hub restored from a backup gets them again.

Owns the folder of kept results and what is thrown away from it. One file for each rewriting of the journal.
"""

import json
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from runner.agent.attempts import finished_record
from runner.agent.journal import sync_folder
from runner.agent.journal_file import read_records
from runner.agent.model import Finish

INCARNATION_NAME = "hub-incarnation"


class KeptResults:
    """Finished results for `seconds`, within `max_bytes` (the oldest go first)."""

    def __init__(self, folder: Path, seconds: float, max_bytes: int) -> None:
        self._folder = folder
        self._seconds = seconds
        self._max_bytes = max_bytes
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def add(self, results: Iterable[Finish]) -> None:
        """Store results durably. Blocks; raises OSError."""
        data = b"".join(finished_record(finish).encode() for finish in results)
        if not data:
            return
        path = self._folder / f"{time.time_ns():020d}.log"
        fresh = path.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        sync_folder(self._folder)

    def prune(self, now: float) -> None:
        """Throw away what is too old or too much; `now` in seconds of the wall clock."""
        total = 0
        for path in sorted(self._folder.glob("*.log"), reverse=True):
            facts = path.stat()
            total += facts.st_size
            if now - facts.st_mtime > self._seconds or total > self._max_bytes:
                path.unlink()

    def read(self, now: float) -> Iterator[Finish]:
        """Everything that is young enough, oldest first."""
        for path in sorted(self._folder.glob("*.log")):
            for record, _ in read_records(path.read_bytes()):
                finish = Finish.from_json(json.loads(record.body))
                if now - finish.finished_at.timestamp() <= self._seconds:
                    yield finish

    def incarnation_changed(self, incarnation: str) -> bool:
        """Note the Hub's incarnation; True when an earlier one was known and was another."""
        path = self._folder / INCARNATION_NAME
        known = path.read_text(encoding="utf-8") if path.exists() else ""
        if known != incarnation:
            path.write_text(incarnation, encoding="utf-8")
        return known not in {"", incarnation}
