"""Reports on a real Postgres."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from services.kit.ids import new_id
from services.scheduler.evidence import queries
from services.scheduler.evidence.ingest import TAIL_BLOCKS, store_reports
from services.scheduler.evidence.model import LogLine, NodeEvent, NodeRunStatus, ReportedBatch
from tests.integration.scheduler.evidence.attempts import Begun, begin

if TYPE_CHECKING:
    from services.kit.postgres import Pool

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def events(numbers: Iterable[int]) -> list[NodeEvent]:
    """Odd events begin a node run, even ones end it."""
    return [
        NodeEvent(
            seq=seq,
            run_seq=(seq + 1) // 2,
            node_id=f"n{(seq + 1) // 2}",
            node_type="data.set",
            path=b"[]",
            try_number=1,
            status=NodeRunStatus.RUNNING if seq % 2 else NodeRunStatus.COMPLETED,
            at=AT + timedelta(seconds=seq),
            input=b'{"given":1}' if seq % 2 else b"",
            output=b"" if seq % 2 else b'{"made":2}',
        )
        for seq in numbers
    ]


def lines(numbers: Iterable[int], level: int = 2) -> list[LogLine]:
    return [LogLine(seq, seq, level, "n1", f"line {seq}") for seq in numbers]


def report(begun: Begun, **parts: object) -> ReportedBatch:
    return ReportedBatch(begun.execution_id, begun.attempt_id, begun.runner_id, **parts)  # type: ignore[arg-type]


async def store(pool: "Pool", *batches: ReportedBatch) -> Mapping[str, tuple[int, int]]:
    async with pool.acquire() as connection, connection.transaction():
        return await store_reports(connection, batches)


async def all_lines(pool: "Pool", begun: Begun) -> list[int]:
    async with pool.acquire() as connection:
        page = await queries.list_log_lines(connection, begun.attempt_id, 0, 100_000)
        return [line.seq for line in page.lines]


async def test_what_a_workflow_tells_people_is_one_event_however_often_it_is_reported(pool: "Pool") -> None:
    begun = await begin(pool)
    said = [
        replace(event, node_type="log.notify", output=b'{"title": "Look", "level": "error"}' if event.output else b"")
        for event in events(range(1, 5))
    ]
    async with pool.acquire() as connection:
        await connection.execute("INSERT INTO event_interest VALUES ('execution.notice')")
    await store(pool, report(begun, node_events=said[:2]))
    await store(pool, report(begun, node_events=said))
    await store(pool, report(begun, node_events=said))
    async with pool.acquire() as connection:
        rows = await connection.fetch("SELECT subject_id, order_key, data FROM outgoing_event ORDER BY seq")
    assert [row["subject_id"] for row in rows] == [begun.execution_id] * 2
    assert {row["order_key"] for row in rows} == {f"execution:{begun.execution_id}"}
    data = [json.loads(row["data"]) for row in rows]
    assert [each["notice"]["nodeId"] for each in data] == ["n1", "n2"]
    assert data[0]["execution"]["workflow"]["name"] == "Demo"
    assert data[0]["notice"] | {"at": ""} == {
        "title": "Look",
        "message": "",
        "level": "error",
        "nodeId": "n1",
        "at": "",
    }


async def test_reports_of_many_attempts_are_stored_at_once_and_acknowledged(pool: "Pool") -> None:
    first, second = await begin(pool), await begin(pool)
    held = await store(
        pool,
        report(first, node_events=events(range(1, 41)), log_lines=lines(range(1, 4))),
        report(second, node_events=events(range(1, 4))),
    )
    assert held == {first.attempt_id: (40, 3), second.attempt_id: (3, 0)}
    async with pool.acquire() as connection:
        attempt = await queries.find_attempt(connection, first.execution_id, 0)
        assert attempt == (first.attempt_id, 1)
        runs, more = await queries.list_node_runs(connection, attempt, 0, 50)
        assert (len(runs), more) == (20, False)
        assert {run.status for run in runs} == {NodeRunStatus.COMPLETED}
        assert (runs[0].input, runs[0].output) == (b'{"given":1}', b'{"made":2}')


async def test_a_report_sent_twice_changes_nothing(pool: "Pool") -> None:
    begun = await begin(pool)
    batch = report(begun, node_events=events(range(1, 3)), log_lines=lines(range(1, 3)))
    assert await store(pool, batch) == await store(pool, batch) == {begun.attempt_id: (2, 2)}
    assert await all_lines(pool, begun) == [1, 2]


async def test_the_end_of_a_node_run_in_a_later_report_keeps_its_input_and_beginning(pool: "Pool") -> None:
    begun = await begin(pool)
    await store(pool, report(begun, node_events=events([1])))
    await store(pool, report(begun, node_events=events([2])))
    async with pool.acquire() as connection:
        ((run,), _) = await queries.list_node_runs(connection, (begun.attempt_id, 1), 0, 50)
    assert (run.status, run.input, run.output) == (NodeRunStatus.COMPLETED, b'{"given":1}', b'{"made":2}')
    assert run.started_at == AT + timedelta(seconds=1)


async def test_what_stands_behind_a_hole_is_not_acknowledged_until_the_hole_is_filled(pool: "Pool") -> None:
    begun = await begin(pool)
    assert await store(pool, report(begun, log_lines=lines([1, 2, 5]))) == {begun.attempt_id: (0, 2)}
    assert await store(pool, report(begun, log_lines=lines(range(2, 6)))) == {begun.attempt_id: (0, 5)}
    assert await all_lines(pool, begun) == [1, 2, 3, 4, 5]


async def test_reports_of_strangers_are_left_out(pool: "Pool") -> None:
    begun = await begin(pool)
    stranger = ReportedBatch(begun.execution_id, begun.attempt_id, new_id(), log_lines=lines([1]))
    unknown = ReportedBatch(new_id(), new_id(), begun.runner_id, log_lines=lines([1]))
    assert await store(pool, stranger, unknown) == {}
    assert await store(pool) == {}


async def test_evidence_is_welcome_for_seven_days_after_the_end(pool: "Pool") -> None:
    begun = await begin(pool)
    end = "UPDATE attempt SET ended = 'LOST', ended_at = now() - $2::interval WHERE id = $1"
    await pool.execute(end, begun.attempt_id, timedelta(days=6))
    assert await store(pool, report(begun, log_lines=lines([1]))) == {begun.attempt_id: (0, 1)}
    await pool.execute(end, begun.attempt_id, timedelta(days=8))
    assert await store(pool, report(begun, log_lines=lines([2]))) == {}


async def test_many_small_appends_become_few_blocks(pool: "Pool") -> None:
    begun = await begin(pool)
    for seq in range(1, 1101):
        await store(pool, report(begun, log_lines=lines([seq])))
    blocks = await pool.fetchval("SELECT count(*) FROM log_block")
    assert blocks <= 1100 // 500 + 1 + TAIL_BLOCKS
    assert await all_lines(pool, begun) == list(range(1, 1101))


async def test_the_same_report_over_many_connections_at_once_is_stored_once(pool: "Pool") -> None:
    attempts = [await begin(pool) for _ in range(5)]
    batches = [report(begun, node_events=events(range(1, 7)), log_lines=lines(range(1, 10))) for begun in attempts]
    answers = await asyncio.gather(*(store(pool, *batches, *reversed(batches)) for _ in range(8)))
    assert all(set(answer.values()) == {(6, 9)} and len(answer) == 5 for answer in answers)
    for begun in attempts:
        assert await all_lines(pool, begun) == list(range(1, 10))


async def test_lines_are_found_by_level_text_and_place(pool: "Pool") -> None:
    begun = await begin(pool)
    mixed = [*lines(range(1, 700)), *lines([700], level=4), *lines(range(701, 1201))]
    await store(pool, report(begun, log_lines=mixed))
    async with pool.acquire() as connection:
        page = await queries.list_log_lines(connection, begun.attempt_id, 0, 50)
        assert [line.seq for line in page.lines] == list(range(1, 51))
        assert page.next_after == 50
        page = await queries.list_log_lines(connection, begun.attempt_id, 1190, 50)
        assert [line.seq for line in page.lines] == list(range(1191, 1201))
        assert page.next_after is None
        page = await queries.list_log_lines(connection, begun.attempt_id, 0, 50, level=3)
        assert [line.seq for line in page.lines] == [700]
        page = await queries.list_log_lines(connection, begun.attempt_id, 0, 50, text="LINE 119")
        assert [line.seq for line in page.lines] == [119, *range(1190, 1200)]
        assert await queries.last_line(connection, begun.attempt_id) == 1200


async def test_a_page_of_large_outputs_ends_early(pool: "Pool") -> None:
    begun = await begin(pool)
    large = [
        NodeEvent(seq, seq, f"n{seq}", "data.set", b"[]", 1, NodeRunStatus.COMPLETED, AT, output=b"x" * 3_000_000)
        for seq in range(1, 5)
    ]
    await store(pool, report(begun, node_events=large))
    async with pool.acquire() as connection:
        runs, more = await queries.list_node_runs(connection, (begun.attempt_id, 1), 0, 50)
        assert ([run.seq for run in runs], more) == ([1, 2], True)
        runs, more = await queries.list_node_runs(connection, (begun.attempt_id, 1), 2, 50)
        assert ([run.seq for run in runs], more) == ([3, 4], False)
