"""The runner's memory on disk: what it accepted, began, saw and finished, written before anything is done or said.

Owns the file, its exclusive lock, group commit (one sync for all that waits) in a thread of its own, and rewriting
the file without what is over. What the records mean to an attempt is `attempts`' business.
"""

import asyncio
import os
import queue
import threading
from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from runner.agent.filelock import FileLock
from runner.agent.journal_file import Record, read_records

JOURNAL_NAME = "journal.log"
RESERVE_BYTES = 4 * 1024 * 1024
"""Disk kept ready beyond the end, so that a result can be written after the disk has filled up."""
MAX_BATCH = 1_000


class JournalError(Exception):
    """The journal cannot be read or written; the message says why and what to do."""


@dataclass(slots=True)
class _Write:
    loose: bytes
    """Records that nobody waits for; they stand before `awaited`."""
    awaited: bytes = b""
    done: Future[None] | None = None
    """Resolved when everything up to here is synced; None when nobody waits."""


@dataclass(slots=True)
class _Rewrite:
    data: bytes
    done: Future[None]


class Journal:
    """Append-only records. One process at a time holds it; made by `open`, ended by `close`."""

    def __init__(self, path: Path, lock: FileLock, descriptor: int, end: int, records: list[Record]) -> None:
        self._path = path
        self._lock = lock
        self._descriptor = descriptor
        self._end = end
        self._reserved = end
        self._tight = False
        self._carried = b""
        self._queue: queue.SimpleQueue[_Write | _Rewrite | None] = queue.SimpleQueue()
        self._recovered = records
        self._loose: list[bytes] = []
        self._reserve()
        self._thread = threading.Thread(target=self._write_loop, name="journal", daemon=True)
        self._thread.start()

    @classmethod
    def open(cls, folder: Path) -> "Journal":
        """Take the lock and read what an earlier agent left.

        Raises JournalError when another agent holds the folder or the file was written by a newer version.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileLock(folder / "journal.lock")
        if not lock.acquire():
            raise JournalError(f"Another runner works with {folder}. Stop it, or give this one a home of its own.")
        path = folder / JOURNAL_NAME
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        try:
            records, end = [], 0
            for record, offset in read_records(path.read_bytes()):
                records.append(record)
                end = offset
        except ValueError:
            os.close(descriptor)
            lock.release()
            raise JournalError(f"{path} was written by a newer runner. Install that version again.") from None
        os.ftruncate(descriptor, end)
        return cls(path, lock, descriptor, end, records)

    @property
    def size(self) -> int:
        """Bytes of records in the file."""
        return self._end

    @property
    def has_reserve(self) -> bool:
        """False when there is no disk left for the results of further work."""
        return not self._tight

    def take_recovered(self) -> list[Record]:
        """What the file held when it was opened; given out once."""
        records, self._recovered = self._recovered, []
        return records

    def append(self, record: Record) -> None:
        """Write soon. A killed process loses what came within the last moment, a power cut what no later sync covered.

        To be called on the event loop: what one turn of it appends is handed to the thread together.
        """
        if not self._loose:
            asyncio.get_running_loop().call_soon(self._hand_over)
        self._loose.append(record.encode())

    async def commit(self, record: Record) -> None:
        """Write and sync this record and all before it. Raises JournalError when the disk refuses; try again later."""
        done: Future[None] = Future()
        self._queue.put(_Write(self._take_loose(), record.encode(), done))
        await asyncio.wrap_future(done)

    async def rewrite(self, records: Iterable[Record]) -> None:
        """Replace the file by these records, atomically; what is appended from now on follows them."""
        done: Future[None] = Future()
        self._hand_over()
        self._queue.put(_Rewrite(b"".join(record.encode() for record in records), done))
        await asyncio.wrap_future(done)

    def try_reserve(self) -> None:
        """Look whether the disk has room again; `has_reserve` says so soon after."""
        self._queue.put(_Write(b""))

    def close(self) -> None:
        """Write what waits, give the lock back."""
        self._hand_over()
        self._queue.put(None)
        self._thread.join()
        os.close(self._descriptor)
        self._lock.release()

    def _take_loose(self) -> bytes:
        loose, self._loose = b"".join(self._loose), []
        return loose

    def _hand_over(self) -> None:
        if self._loose:
            self._queue.put(_Write(self._take_loose()))

    def _write_loop(self) -> None:
        while True:
            batch = self._take_batch()
            writes = [item for item in batch if isinstance(item, _Write)]
            if writes:
                self._write(writes)
            last = batch[-1]
            if last is None:
                return
            if isinstance(last, _Rewrite):
                self._swap(last)

    def _take_batch(self) -> list[_Write | _Rewrite | None]:
        # A rewrite and the end are always last in their batch: the order of records is the order of calls.
        batch = [self._queue.get()]
        with suppress(queue.Empty):
            while isinstance(batch[-1], _Write) and len(batch) < MAX_BATCH:
                batch.append(self._queue.get_nowait())
        return batch

    def _write(self, writes: list[_Write]) -> None:
        waiting = [write.done for write in writes if write.done is not None]
        try:
            data = self._carried + b"".join(write.loose + write.awaited for write in writes)
            _write_at(self._descriptor, data, self._end)
            if waiting:
                _sync(self._descriptor)
        except OSError as error:
            # Nothing counts as written. What nobody waits for is carried to the next try; who waits is told.
            self._carried += b"".join(write.loose for write in writes)
            self._forget_tail(len(data))
            refused = JournalError(f"The journal {self._path} cannot be written: {error.strerror}. Free disk space.")
            for done in waiting:
                done.set_exception(refused)
            return
        self._carried = b""
        self._end += len(data)
        for done in waiting:
            done.set_result(None)
        self._reserve()

    def _forget_tail(self, length: int) -> None:
        # Whole records of a refused batch may stand behind the end; a later, shorter batch must not revive them. They
        # are overwritten and not cut off: the space is the reserve, which a full disk would not give back.
        with suppress(OSError):
            _write_at(self._descriptor, bytes(min(length, self._reserved - self._end)), self._end)
            os.ftruncate(self._descriptor, self._reserved)

    def _swap(self, rewrite: _Rewrite) -> None:
        fresh = self._path.with_suffix(".new")
        try:
            descriptor = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
            _write_at(descriptor, rewrite.data, 0)
            _sync(descriptor)
            fresh.replace(self._path)
            sync_folder(self._path.parent)
        except OSError as error:
            rewrite.done.set_exception(JournalError(f"The journal {self._path} cannot be shortened: {error.strerror}."))
            return
        os.close(self._descriptor)
        self._carried = b""  # what was given is the whole state
        self._descriptor, self._end, self._reserved = descriptor, len(rewrite.data), len(rewrite.data)
        self._reserve()
        rewrite.done.set_result(None)

    def _reserve(self) -> None:
        # Growing the file in advance also makes each sync cheaper: the file's size need not be written with it.
        if self._reserved - self._end >= RESERVE_BYTES // 2:
            return
        try:
            wanted = self._end + RESERVE_BYTES
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(self._descriptor, self._reserved, wanted - self._reserved)
            else:
                _write_at(self._descriptor, bytes(wanted - self._reserved), self._reserved)
            os.fsync(self._descriptor)
        except OSError:
            self._tight = True
        else:
            self._reserved = wanted
            self._tight = False


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut; Windows does so by itself."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_at(descriptor: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    if hasattr(os, "pwrite"):
        while view:
            written = os.pwrite(descriptor, view, offset)
            view, offset = view[written:], offset + written
        return
    os.lseek(descriptor, offset, os.SEEK_SET)
    while view:
        view = view[os.write(descriptor, view) :]


def _sync(descriptor: int) -> None:
    getattr(os, "fdatasync", os.fsync)(descriptor)
