import errno
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from runner.agent.attempts import Attempts
from runner.agent.disk_guard import DiskGuard
from runner.agent.journal import RESERVE_BYTES, Journal, JournalError
from runner.agent.journal_file import Kind, Record
from runner.agent.reporter import Reporter
from tests.eventually import eventually


class Disk:
    """The disk as the journal sees it: `full` makes it refuse to grow any file, as a file system does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = False
        self._grow, self._write = os.posix_fallocate, os.pwrite
        monkeypatch.setattr(os, "posix_fallocate", self.posix_fallocate)
        monkeypatch.setattr(os, "pwrite", self.pwrite)

    def posix_fallocate(self, descriptor: int, offset: int, length: int) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        self._grow(descriptor, offset, length)

    def pwrite(self, descriptor: int, data: bytes, offset: int) -> int:
        if self.full and offset + len(data) > os.fstat(descriptor).st_size:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self._write(descriptor, data, offset)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


@pytest.fixture
async def journal(tmp_path: Path, disk: Disk) -> AsyncIterator[Journal]:
    journal = Journal.open(tmp_path)
    yield journal
    journal.close()


def line(size: int) -> Record:
    return Record(Kind.LOG_LINE, "a", b"x" * size)


async def test_on_a_full_disk_the_reserve_still_takes_results_and_says_when_it_goes_short(
    journal: Journal, disk: Disk
) -> None:
    disk.full = True
    assert journal.has_reserve
    await journal.commit(line(RESERVE_BYTES // 2 + 1))
    await eventually(lambda: not journal.has_reserve)
    await journal.commit(line(100))
    disk.full = False
    journal.try_reserve()
    await eventually(lambda: journal.has_reserve)


async def test_a_refused_write_leaves_the_reserve_to_smaller_ones(tmp_path: Path, disk: Disk) -> None:
    journal = Journal.open(tmp_path)
    disk.full = True
    with pytest.raises(JournalError, match="Free disk space"):
        await journal.commit(line(2 * RESERVE_BYTES))
    await journal.commit(line(100))
    journal.close()
    disk.full = False
    reopened = Journal.open(tmp_path)
    assert reopened.take_recovered() == [line(100)]
    reopened.close()


async def test_executions_are_ended_once_when_the_disk_stays_full(journal: Journal, disk: Disk) -> None:
    ended: list[bool] = []
    reporter = Reporter(Attempts(), journal, 1_000)
    guard = DiskGuard(journal, reporter, 0.05, lambda: ended.append(True))
    await guard.watch()
    disk.full = True
    await journal.commit(line(RESERVE_BYTES // 2 + 1))
    await eventually(lambda: not journal.has_reserve)
    assert not reporter.has_room

    async def given_up() -> bool:
        await guard.watch()
        return bool(ended)

    await eventually(given_up)
    await guard.watch()
    assert ended == [True]


async def test_executions_go_on_when_the_disk_has_room_again_in_time(journal: Journal, disk: Disk) -> None:
    ended: list[bool] = []
    reporter = Reporter(Attempts(), journal, 1_000)
    guard = DiskGuard(journal, reporter, 3_600, lambda: ended.append(True))
    disk.full = True
    await journal.commit(line(RESERVE_BYTES // 2 + 1))
    await eventually(lambda: not journal.has_reserve)
    await guard.watch()
    disk.full = False

    async def roomy() -> bool:
        await guard.watch()
        return reporter.has_room

    await eventually(roomy)
    await reporter.room()
    assert not ended
