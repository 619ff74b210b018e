import asyncio
import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runner.agent import journal as journal_module
from runner.agent.journal import JOURNAL_NAME, Journal, JournalError
from runner.agent.journal_file import Kind, Record


def line(text: str) -> Record:
    return Record(Kind.LOG_LINE, "attempt", text.encode())


async def test_records_are_there_after_reopening_in_the_order_of_the_calls(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    records = [line(str(number)) for number in range(50)]
    for record in records[:-1]:
        journal.append(record)
    await journal.commit(records[-1])
    journal.close()
    reopened = Journal.open(tmp_path)
    assert reopened.take_recovered() == records
    reopened.close()


async def test_many_commits_at_once_share_syncs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal.open(tmp_path)
    syncs = 0
    real = journal_module._sync

    def slow_sync(descriptor: int) -> None:
        nonlocal syncs
        syncs += 1
        time.sleep(0.005)  # a disk that takes its time, so that others queue up behind
        real(descriptor)

    monkeypatch.setattr(journal_module, "_sync", slow_sync)
    await asyncio.gather(*(journal.commit(line(str(number))) for number in range(200)))
    assert syncs < 20
    journal.close()


async def test_a_second_holder_is_refused_until_the_first_closes(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    with pytest.raises(JournalError, match="Another runner works"):
        Journal.open(tmp_path)
    journal.close()
    Journal.open(tmp_path).close()


async def test_a_torn_tail_is_cut_off_and_written_over(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    await journal.commit(line("whole"))
    end = journal.size
    journal.close()
    path = tmp_path / JOURNAL_NAME
    path.write_bytes(path.read_bytes()[:end] + line("torn").encode()[:-3])
    journal = Journal.open(tmp_path)
    assert journal.take_recovered() == [line("whole")]
    await journal.commit(line("x"))
    journal.close()
    reopened = Journal.open(tmp_path)
    assert reopened.take_recovered() == [line("whole"), line("x")]
    reopened.close()


async def test_rewriting_keeps_what_is_given_and_what_follows(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    for number in range(1_000):
        journal.append(line(f"old {number}"))
    rewriting = asyncio.ensure_future(journal.rewrite([line("kept")]))
    await asyncio.sleep(0)
    journal.append(line("later"))
    await rewriting
    await journal.commit(line("last"))
    size = journal.size
    journal.close()
    assert size == len(line("kept").encode() + line("later").encode() + line("last").encode())
    reopened = Journal.open(tmp_path)
    assert reopened.take_recovered() == [line("kept"), line("later"), line("last")]
    reopened.close()


async def test_a_full_disk_refuses_who_waits_and_keeps_for_later_what_nobody_waits_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal.open(tmp_path)
    await journal.commit(line("before"))
    real, full = journal_module._write_at, True

    def write_at(descriptor: int, data: bytes, offset: int) -> None:
        if full:
            real(descriptor, data[: len(data) // 2], offset)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(descriptor, data, offset)

    monkeypatch.setattr(journal_module, "_write_at", write_at)
    journal.append(line("event"))
    with pytest.raises(JournalError, match="Free disk space"):
        await journal.commit(Record(Kind.ACCEPTED, "refused", b"{}"))
    full = False
    await journal.commit(line("after"))
    journal.close()
    reopened = Journal.open(tmp_path)
    assert reopened.take_recovered() == [line("before"), line("event"), line("after")]
    reopened.close()


async def test_records_of_a_sync_that_failed_do_not_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The refused batch was written whole, and the next one is shorter: its rest must not be read as records."""
    journal = Journal.open(tmp_path)
    real = journal_module._sync

    def broken(_descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(journal_module, "_sync", broken)
    refused = [Record(Kind.ACCEPTED, "aaaa", b"{}"), Record(Kind.ACCEPTED, "bbbb", b"{}")]
    answers = await asyncio.gather(*(journal.commit(record) for record in refused), return_exceptions=True)
    assert all(isinstance(answer, JournalError) for answer in answers)
    monkeypatch.setattr(journal_module, "_sync", real)
    await journal.commit(Record(Kind.ACCEPTED, "cccc", b"{}"))
    journal.close()
    reopened = Journal.open(tmp_path)
    assert [record.attempt_id for record in reopened.take_recovered()] == ["cccc"]
    reopened.close()


_WRITER = """
import asyncio, sys
from pathlib import Path
from runner.agent.journal import Journal
from runner.agent.journal_file import Kind, Record

async def main():
    journal = Journal.open(Path(sys.argv[1]))
    number = 0
    while True:
        journal.append(Record(Kind.NODE_EVENT, "a", str(number).encode()))
        await journal.commit(Record(Kind.LOG_LINE, "a", str(number).encode()))
        print(number, flush=True)
        number += 1

asyncio.run(main())
"""


@pytest.mark.parametrize("after", [1, 40, 150])
def test_a_killed_writer_loses_nothing_that_it_committed(tmp_path: Path, after: int) -> None:
    writer = subprocess.Popen([sys.executable, "-c", _WRITER, str(tmp_path)], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    for _ in range(after):
        committed = int(writer.stdout.readline())
    writer.send_signal(signal.SIGKILL)
    committed = max([committed, *(int(number) for number in writer.stdout.read().split())])
    writer.wait()
    writer.stdout.close()
    journal = Journal.open(tmp_path)
    lines = [int(record.body) for record in journal.take_recovered() if record.kind is Kind.LOG_LINE]
    journal.close()
    assert lines[: committed + 1] == list(range(committed + 1))
    assert len(lines) <= committed + 2, "at most the one that was under way"
