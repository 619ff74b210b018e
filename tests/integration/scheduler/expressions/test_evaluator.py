"""Expressions run in a process of their own, which no expression can make anybody wait for."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.scheduler.expressions.evaluator import EvaluationError, Evaluator


@pytest.fixture
async def evaluator() -> AsyncIterator[Evaluator]:
    async with Evaluator() as evaluator:
        yield evaluator


async def test_an_expression_has_its_value(evaluator: Evaluator) -> None:
    inputs = {"webhook": {"body": {"action": "opened", "n": 3}}}
    assert await evaluator.evaluate("inputs.webhook.body.action == 'opened'", inputs) is True
    assert await evaluator.evaluate("inputs.webhook.body.n + 1", inputs) == 4


async def test_many_at_once_each_get_their_own_answer(evaluator: Evaluator) -> None:
    values = await asyncio.gather(*(evaluator.evaluate("inputs.n * 2", {"n": number}) for number in range(50)))
    assert values == [2 * number for number in range(50)]


async def test_what_is_not_there_is_told_apart_from_other_errors(evaluator: Evaluator) -> None:
    with pytest.raises(EvaluationError, match="no key 'b'") as missing:
        await evaluator.evaluate("inputs.b", {"a": 1})
    assert missing.value.missing
    with pytest.raises(EvaluationError) as wrong:
        await evaluator.evaluate("1 +", {})
    assert not wrong.value.missing


async def test_one_that_takes_too_long_is_ended_and_the_next_one_works(evaluator: Evaluator) -> None:
    with pytest.raises(EvaluationError, match="longer than"):
        await evaluator.evaluate("sum([sum(inputs.a) for x in inputs.a for y in inputs.a])", {"a": list(range(2_000))})
    assert await evaluator.evaluate("1 + 1", {}) == 2


async def test_a_worker_that_hangs_is_killed() -> None:
    async with Evaluator(wall_seconds=0.3) as evaluator:
        await evaluator.evaluate("1", {})
        assert evaluator._worker is not None
        os.kill(evaluator._worker.process.pid, signal.SIGSTOP)
        with pytest.raises(EvaluationError, match="takes longer than"):
            await evaluator.evaluate("1", {})
        assert await evaluator.evaluate("1 + 1", {}) == 2


async def test_a_worker_that_dies_is_replaced(evaluator: Evaluator) -> None:
    await evaluator.evaluate("1", {})
    assert evaluator._worker is not None
    os.kill(evaluator._worker.process.pid, signal.SIGKILL)
    with pytest.raises(EvaluationError, match="memory or processor time"):
        await evaluator.evaluate("1", {})
    assert await evaluator.evaluate("1 + 1", {}) == 2


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="only Linux shows a process' environment")
async def test_the_worker_sees_nothing_of_the_hubs_environment(evaluator: Evaluator) -> None:
    await evaluator.evaluate("1", {})
    assert evaluator._worker is not None
    environment = Path(f"/proc/{evaluator._worker.process.pid}/environ")
    assert b"EXEKRA" not in await asyncio.to_thread(environment.read_bytes)


async def test_who_stops_waiting_does_not_confuse_the_next_one(evaluator: Evaluator) -> None:
    await evaluator.evaluate("1", {})
    waiting = asyncio.create_task(evaluator.evaluate("inputs.a", {"a": "x" * 1_000_000}))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert await evaluator.evaluate("'mine'", {}) == "mine"
