"""What fires to come would meet, by what happened before."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import asyncpg
import pytest

from services.kit.errors import DomainError
from services.kit.ids import new_id
from services.scheduler.outcomes import forecast as module
from services.scheduler.outcomes.forecast import LOOKS, earlier_instants, forecast
from tests.conftest import HubDatabase
from tests.integration.scheduler.outcomes.fleet import add_run, connect_runner, publish
from tests.integration.scheduler.outcomes.triggers import add_trigger

if TYPE_CHECKING:
    from services.kit.postgres import Connection

NOW = datetime.now(UTC).replace(microsecond=0)
TOMORROW = NOW + timedelta(days=1)
WEEK = timedelta(weeks=1)


@pytest.fixture
async def past(hub_database: HubDatabase) -> "AsyncIterator[Connection]":
    """A connection that may write history as it was, past the guards."""
    connection = await asyncpg.connect(
        hub_database.admin_dsn, server_settings={"search_path": "automation", "session_replication_role": "replica"}
    )
    yield connection
    await connection.close()


def test_earlier_instants_are_whole_weeks_ago_in_the_past_and_few() -> None:
    for distance in (timedelta(minutes=1), timedelta(days=6), timedelta(days=7), timedelta(days=200)):
        found = earlier_instants([NOW + distance], NOW)
        assert len(found) == 4
        for _, instant in found:
            assert instant + module.AFTER <= NOW
            assert (NOW + distance - instant) % WEEK == timedelta(0)
        assert NOW - found[0][1] < timedelta(weeks=1, minutes=2)
    many = earlier_instants([NOW + timedelta(hours=hour) for hour in range(50)], NOW)
    assert len(many) == 50 <= LOOKS


async def test_a_time_at_which_work_used_to_wait_is_told_with_what_it_stands_on(past: "Connection") -> None:
    workflow_id, runner_id = await publish(past), await connect_runner(past, slots=2)
    for week in range(1, 5):
        for second in range(3):
            at = TOMORROW - week * WEEK + timedelta(seconds=second)
            await add_run(past, workflow_id, runner_id, at, waited=90, took=200)
    found = await forecast(past, workflow_id, [TOMORROW, TOMORROW + timedelta(hours=5)])
    busy, quiet = found.fires
    assert (busy.contention, busy.expected_wait_seconds, busy.runs, busy.other_starts) == ("high", 90.0, 12, 3)
    assert busy.busy_seats > 2
    assert (quiet.contention, quiet.expected_wait_seconds, quiet.runs) == ("none", 0.0, 0)
    assert (found.seats, found.runners, found.runs, found.p50_seconds) == (2, 1, 12, 200.0)
    assert found.basis == (
        "From 12 runs of the workflow and 12 runs on its 2 seats at the same times of earlier weeks."
    )


async def test_work_that_never_waited_shows_no_contention(past: "Connection") -> None:
    workflow_id, runner_id = await publish(past), await connect_runner(past)
    for week in range(1, 5):
        await add_run(past, workflow_id, runner_id, TOMORROW - week * WEEK, waited=0.1, took=5)
    [fire] = (await forecast(past, workflow_id, [TOMORROW])).fires
    assert (fire.contention, fire.runs) == ("none", 4)


async def test_runners_that_cannot_take_the_workflow_and_their_work_do_not_count(past: "Connection") -> None:
    workflow_id = await publish(past, labels=("finance",))
    await connect_runner(past, labels=("finance",))
    other = await connect_runner(past, slots=9)
    for week in range(1, 5):
        await add_run(past, new_id(), other, TOMORROW - week * WEEK, waited=500, took=500)
    found = await forecast(past, workflow_id, [TOMORROW])
    assert (found.seats, found.fires[0].contention, found.fires[0].runs) == (1, "none", 0)


async def test_of_a_hub_that_never_worked_nothing_is_known(past: "Connection") -> None:
    workflow_id, runner_id = await publish(past), await connect_runner(past)
    await add_run(past, workflow_id, runner_id, NOW - timedelta(days=1), waited=0, took=5)
    [fire] = (await forecast(past, workflow_id, [TOMORROW])).fires
    assert (fire.contention, fire.expected_wait_seconds) == ("unknown", None)


async def test_schedules_made_since_are_counted_into_the_minute(past: "Connection") -> None:
    workflow_id, runner_id = await publish(past), await connect_runner(past)
    await add_run(past, workflow_id, runner_id, NOW - timedelta(days=3), waited=0, took=40)
    for _ in range(3):
        trigger_id = await add_trigger(past)
        rival = await past.fetchval("SELECT workflow_id FROM trigger WHERE id = $1", trigger_id)
        await add_run(past, str(rival), runner_id, NOW - timedelta(days=3), waited=0, took=40)
        await past.execute(
            """INSERT INTO schedule (trigger_id, cron, anchor_at, timezone, misfire_policy, misfire_max, grace_seconds,
             overlap, next_at) VALUES ($1, '* * * * *', now(), 'UTC', 'ONCE', 1, 60, 'ALLOW', $2)""",
            trigger_id,
            TOMORROW + timedelta(seconds=10),
        )
    [fire] = (await forecast(past, workflow_id, [TOMORROW])).fires
    assert (fire.other_starts, fire.expected_wait_seconds, fire.contention) == (3, 120.0, "high")


async def test_without_runners_or_a_published_version_it_says_so(past: "Connection") -> None:
    workflow_id, draft = await publish(past), await publish(past, published=False)
    nobody = await forecast(past, workflow_id, [TOMORROW])
    assert (nobody.seats, nobody.fires[0].contention) == (0, "unknown")
    assert "No runner" in nobody.basis
    assert "not published" in (await forecast(past, draft, [TOMORROW])).basis
    for unknown in (new_id(), "nonsense"):
        with pytest.raises(DomainError) as refused:
            await forecast(past, unknown, [TOMORROW])
        assert refused.value.reason == "WORKFLOW_NOT_FOUND"


async def test_without_fires_there_is_nothing_to_forecast(past: "Connection") -> None:
    await connect_runner(past)
    assert (await forecast(past, await publish(past), [])).fires == []
