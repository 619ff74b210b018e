"""Fingerprints, failure groups, the tally of ends, and the dashboard made of them."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from services.scheduler.outcomes import announcing, dashboard, failures, forecast, tally
from services.scheduler.outcomes.dashboard import BUCKETS_SHOWN, bucket_seconds, read_dashboard
from services.scheduler.outcomes.failures import group_failures
from services.scheduler.outcomes.tally import Tally
from tests.integration.scheduler.outcomes.fleet import connect_runner
from tests.integration.scheduler.outcomes.triggers import add_trigger, complete, fail, run, step, submit

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

HOUR = timedelta(hours=1)


async def tallied(connection: "Connection") -> dict[str, int]:
    rows = await connection.fetch("SELECT status, sum(count)::bigint AS count FROM outcome_tally GROUP BY status")
    return {row["status"]: row["count"] for row in rows}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Timeout after 30 s", "timeout after 31.5 s"),
        ("Order 4711 failed", "Order 4712 failed"),
        ("No file /in/2026/a.csv", "No file /out/b/c.csv"),
        (r"No file C:\in\a.csv", r"No file D:\x\y\b.csv"),
        ("GET https://a.example/x?id=1 failed", "GET https://a.example/y/z failed"),
        ("Row 0b0e8f6a-1111-7222-8333-444455556666", "Row 99999999-1111-7222-8333-444455556666"),
        ("Commit deadbeef12 is gone", "Commit 12deadbeef is gone"),
        ("A\n  b", "a b"),
    ],
)
async def test_what_differs_only_in_numbers_ids_and_paths_is_alike(
    connection: "Connection", one: str, other: str
) -> None:
    patterns = [await connection.fetchval("SELECT failure_pattern($1)", text) for text in (one, other)]
    assert patterns[0] == patterns[1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Connection refused", "Connection reset"),
        ("GET https://a.example/x failed", "GET https://b.example/x failed"),
        ("Sheet 'A' is missing", "Sheet 'B' is missing"),
        ("and/or", "and"),
    ],
)
async def test_what_differs_in_words_is_not(connection: "Connection", one: str, other: str) -> None:
    patterns = [await connection.fetchval("SELECT failure_pattern($1)", text) for text in (one, other)]
    assert patterns[0] != patterns[1]


@pytest.mark.parametrize(
    "stored", [b"\xff", b"not json", b'{"message": "a\\u0000b"}', b'{"message": "\\ud800"}', b"[]"]
)
async def test_a_failure_that_cannot_be_read_counts_by_its_code_and_never_stands_in_the_way(
    connection: "Connection", stored: bytes
) -> None:
    found = [await connection.fetchval("SELECT failure_fingerprint($1, $2)", code, stored) for code in ("A", "B")]
    assert len(found[0]) == 16
    assert found[0] != found[1]


async def test_a_message_made_to_be_slow_is_not(connection: "Connection") -> None:
    for text in ("/a" * 50_000, "a1" * 50_000, "https://" * 20_000, "\\\\" * 50_000, " " * 100_000, "1." * 50_000):
        await connection.fetchval("SELECT failure_pattern($1)", text, timeout=2)


async def test_failures_are_grouped_with_their_workflows_and_the_latest(connection: "Connection") -> None:
    trigger_id = await add_trigger(connection)
    for number in range(5):
        await fail(connection, await submit(connection, trigger_id), f"Order {number} failed")
    latest = await submit(connection, None)
    await fail(connection, latest, "Order 99 failed")
    await fail(connection, await submit(connection, None), "Something else", "FILE_NOT_FOUND")
    await complete(connection, await submit(connection, None))
    now = datetime.now(UTC)
    found = await group_failures(connection, now - HOUR, now + HOUR, None, 50)
    assert (found.count, found.is_whole, [group.count for group in found.groups]) == (7, True, [6, 1])
    first = found.groups[0]
    assert (first.failure.code, first.failure.node_id, first.failure.message) == (
        "HTTP_STATUS", "n1", "Order 99 failed",
    )  # fmt: skip
    assert first.latest_execution_id == latest
    assert sum(workflow.count for workflow in first.workflows) == 6
    assert (await group_failures(connection, now - HOUR, now - HOUR / 2, None, 50)).groups == ()
    mine = first.workflows[0].id
    assert (await group_failures(connection, now - HOUR, now + HOUR, mine, 50)).count == first.workflows[0].count


async def test_of_too_many_failures_only_the_newest_are_grouped_and_that_is_said(
    connection: "Connection",
) -> None:
    for _ in range(3):
        await fail(connection, await submit(connection, None))
    now = datetime.now(UTC)
    found = await group_failures(connection, now - HOUR, now + HOUR, None, 50, 2)
    assert (found.count, found.is_whole) == (2, False)


async def test_each_end_is_counted_once_by_however_many_loops(connection: "Connection", pool: "Pool") -> None:
    for _ in range(5):
        await complete(connection, await submit(connection, None))
        await fail(connection, await submit(connection, None))
        await run(connection, await submit(connection, None))
    stopped = await submit(connection, None)
    await step(connection, stopped, "STOP", "STOPPED")
    await asyncio.gather(*(Tally(pool).run_once() for _ in range(4)))
    await Tally(pool).run_once()
    assert await tallied(connection) == {"COMPLETED": 5, "FAILED": 5, "STOPPED": 1}


async def test_counting_goes_on_where_numbers_of_transactions_become_longer(
    connection: "Connection", pool: "Pool", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tally, "STEPS_AT_ONCE", 1)
    for transaction_id in ("9", "11", "10", "100", "99"):
        await connection.execute(
            """INSERT INTO execution_event (execution_id, seq, event, to_status, transaction_id)
             VALUES (gen_random_uuid(), 1, 'FINISH_OK', 'COMPLETED', $1::text::xid8)""",
            transaction_id,
        )
    await Tally(pool).run_once()
    assert await tallied(connection) == {"COMPLETED": 5}


async def test_an_end_that_commits_late_is_not_missed(connection: "Connection", pool: "Pool") -> None:
    async with pool.acquire() as slow:
        transaction = slow.transaction()
        await transaction.start()
        await complete(slow, await submit(slow, None))
        await complete(connection, await submit(connection, None))
        await Tally(pool).run_once()
        assert await tallied(connection) == {}
        await transaction.commit()
    await Tally(pool).run_once()
    assert await tallied(connection) == {"COMPLETED": 2}


async def test_a_late_result_counts_when_it_comes_beside_the_loss(connection: "Connection", pool: "Pool") -> None:
    lost = await submit(connection, None)
    await run(connection, lost)
    await step(connection, lost, "LOSE", "LOST")
    await step(connection, lost, "LATE_OK", "COMPLETED")
    await Tally(pool).run_once()
    assert await tallied(connection) == {"COMPLETED": 1, "LOST": 1}


async def test_the_dashboard_shows_what_runs_waits_ended_and_comes(
    connection: "Connection", pool: "Pool", monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = await read_dashboard(connection, 24)
    assert (empty.success_rate, empty.queue_age_seconds, empty.next_fires) == (None, 0.0, [])
    await connect_runner(connection, slots=2)
    trigger_id = await add_trigger(connection, "Nightly")
    await connection.execute(
        """INSERT INTO schedule (trigger_id, cron, anchor_at, timezone, misfire_policy, misfire_max, grace_seconds,
         overlap, next_at) VALUES ($1, '* * * * *', now(), 'UTC', 'ONCE', 1, 60, 'ALLOW', now() + interval '1 hour')""",
        trigger_id,
    )
    await connection.execute(
        """INSERT INTO fire (trigger_id, fire_at, due_at)
         VALUES ($1, now() + interval '1 minute', now() + interval '1 minute')""",
        trigger_id,
    )
    for _ in range(3):
        await complete(connection, await submit(connection, None))
    failed = await submit(connection, None)
    await fail(connection, failed)
    for _ in range(4):
        await submit(connection, None)
    await connection.execute("UPDATE execution SET ready_at = now() - interval '1 minute' WHERE status = 'QUEUED'")
    await Tally(pool).run_once()
    monkeypatch.setattr(dashboard, "COUNTED", 3)
    board = await read_dashboard(connection, 24)
    counts = {each.status: (each.count, each.more) for each in board.executions}
    assert (counts["QUEUED"], counts["RUNNING"]) == ((3, True), (0, False))
    assert board.queue_age_seconds == pytest.approx(60, abs=5)
    assert (board.success_rate, board.total.completed, board.total.failed) == (0.75, 3, 1)
    [next_fire] = board.next_fires
    assert (next_fire.trigger_name, next_fire.at - board.as_of < timedelta(minutes=2)) == ("Nightly", True)
    assert board.runners == {"ONLINE": 1, "BUSY": 0, "OFFLINE": 0}
    assert [each.id for each in board.recent_failures] == [failed]
    assert [group.count for group in board.failures] == [1]


async def test_buckets_are_few_enough_to_draw_and_cover_the_span(connection: "Connection") -> None:
    for hours in (1, 24, 25, 72, 168, 720):
        board = await read_dashboard(connection, hours)
        assert len(board.buckets) <= BUCKETS_SHOWN
        assert len(board.buckets) * board.bucket_seconds == hours * 3_600
        assert (
            board.buckets[-1].begins_at
            <= board.as_of
            < board.buckets[-1].begins_at + timedelta(seconds=bucket_seconds(hours))
        )


async def test_every_statement_can_be_prepared(connection: "Connection") -> None:
    for module in (announcing, dashboard, failures, forecast, tally):
        for name, value in vars(module).items():
            if name.isupper() and isinstance(value, str) and value.lstrip().startswith(("SELECT", "WITH", "INSERT")):
                await connection.prepare(value)
