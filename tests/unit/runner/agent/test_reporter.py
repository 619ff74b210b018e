import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from exekra.scheduler.v1 import attempt_pb2 as pb
from runner.agent.attempts import Attempts, Held
from runner.agent.journal import Journal
from runner.agent.model import Answer, dump_json
from runner.agent.reporter import BATCH_ITEMS, FINISH_BYTES, Reporter


class Bench:
    """A reporter with a real journal and one attempt."""

    def __init__(self, journal: Journal, limit: int = 10_000_000) -> None:
        self.attempts = Attempts()
        self.reporter = Reporter(self.attempts, journal, limit)
        self.held = self.attempts.accept("e", "a")

    def say(self, text: str, held: Held | None = None) -> None:
        line = dump_json({"at": 1.5, "level": "info", "nodeId": None, "message": text})
        self.reporter.log_line(held or self.held, line)

    async def acknowledge(self, batch: pb.ReportBatch, answer: "pb.Answer" = pb.ANSWER_OK) -> Answer:
        return await self.reporter.acknowledged(
            pb.ReportAcknowledgement(
                attempt=batch.attempt, log_seq=max((line.seq for line in batch.log_lines), default=0), answer=answer
            )
        )


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    journal = Journal.open(tmp_path)
    yield journal
    journal.close()


@pytest.fixture
def bench(journal: Journal) -> Bench:
    return Bench(journal)


def messages(batch: pb.ReportBatch) -> list[tuple[int, str]]:
    return [(line.seq, line.message) for line in batch.log_lines]


async def test_one_line_is_sent_at_once_and_alone(bench: Bench) -> None:
    bench.say("first")
    assert messages(await bench.reporter.next_batch()) == [(1, "first")]


async def test_what_comes_while_a_batch_is_under_way_travels_together(bench: Bench) -> None:
    bench.say("first")
    await bench.reporter.next_batch()
    following = asyncio.ensure_future(bench.reporter.next_batch())
    await asyncio.sleep(0)
    for number in range(3):
        bench.say(f"later {number}")
        await asyncio.sleep(0)
    assert messages(await following) == [(2, "later 0"), (3, "later 1"), (4, "later 2")]


async def test_a_new_session_is_told_everything_that_was_not_acknowledged(bench: Bench) -> None:
    bench.say("first")
    batch = await bench.reporter.next_batch()
    await bench.acknowledge(batch)
    bench.say("second")
    await bench.reporter.next_batch()
    bench.reporter.renew()
    assert messages(await bench.reporter.next_batch()) == [(2, "second")]


async def test_a_noisy_attempt_does_not_hold_up_the_others(bench: Bench) -> None:
    quiet = bench.attempts.accept("e2", "b")
    for number in range(2 * BATCH_ITEMS):
        bench.say(str(number))
    bench.say("quiet", quiet)
    batches = [await bench.reporter.next_batch() for _ in range(2)]
    assert [batch.attempt.attempt_id for batch in batches] == ["a", "b"]
    assert len(batches[0].log_lines) == BATCH_ITEMS


async def test_an_execution_that_never_waits_is_left_to_its_finish(bench: Bench) -> None:
    sending = asyncio.ensure_future(bench.reporter.next_batch())
    await asyncio.sleep(0)
    bench.say("first")
    await asyncio.sleep(0)
    bench.reporter.pause(bench.held)
    for _ in range(10):
        await asyncio.sleep(0)
    assert not sending.done()
    events, lines = await bench.reporter.withhold(bench.held)
    assert (events, [line.message for line in lines]) == ([], ["first"])
    sending.cancel()


async def test_a_finish_waits_until_the_rest_fits_into_it(bench: Bench) -> None:
    for _ in range(3):
        bench.say("x" * (FINISH_BYTES // 2))
    bench.reporter.pause(bench.held)
    withholding = asyncio.ensure_future(bench.reporter.withhold(bench.held))
    batch = await bench.reporter.next_batch()
    assert not withholding.done()
    await bench.acknowledge(batch)
    bench.reporter.renew()
    batch = await bench.reporter.next_batch()
    await bench.acknowledge(batch)
    _, lines = await withholding
    assert [line.seq for line in lines] == [3]


async def test_executions_wait_while_too_much_waits_for_the_hub(journal: Journal) -> None:
    bench = Bench(journal, limit=1_000)
    bench.say("x" * 2_000)
    waiting = asyncio.ensure_future(bench.reporter.room())
    batch = await bench.reporter.next_batch()
    assert not waiting.done()
    await bench.acknowledge(batch)
    await waiting
    assert bench.reporter.unsent_bytes == 0


async def test_an_attempt_that_is_over_for_the_hub_is_not_reported_further(bench: Bench) -> None:
    bench.say("first")
    batch = await bench.reporter.next_batch()
    assert await bench.acknowledge(batch, pb.ANSWER_STALE_ATTEMPT) is Answer.STALE_ATTEMPT
    assert bench.reporter.unsent_bytes == 0


async def test_a_stale_session_acknowledges_nothing(bench: Bench) -> None:
    bench.say("first")
    batch = await bench.reporter.next_batch()
    assert await bench.acknowledge(batch, pb.ANSWER_STALE_SESSION) is Answer.STALE_SESSION
    assert bench.held.log_lines.acknowledged == 0
