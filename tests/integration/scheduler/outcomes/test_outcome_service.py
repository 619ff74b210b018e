"""OutcomeService over real gRPC: what people do with breakers, and what is refused."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from exekra.audit.v1 import audit_service_pb2
from exekra.scheduler.v1 import outcome_service_pb2 as pb
from exekra.scheduler.v1 import outcome_service_pb2_grpc, trigger_pb2
from services.kit.errors import DomainError
from services.kit.identity import Principal, current_principal
from services.kit.ids import new_id
from services.kit.outbox import Outbox
from services.kit.rpc_client import call, open_channel
from services.kit.rpc_server import grpc_server
from services.scheduler.outcomes.breakers import Breakers
from services.scheduler.outcomes.rpc import registration
from tests.integration.scheduler.outcomes.triggers import HOLD, add_trigger, complete, fail, submit

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

EDITOR = Principal("user", "u1", "Ada", frozenset({"trigger:view", "trigger:edit", "execution:view"}))
OPEN, CLOSED = trigger_pb2.BREAKER_STATE_OPEN, trigger_pb2.BREAKER_STATE_CLOSED


class Outcomes:
    """Calls as the gateway does for Ada."""

    def __init__(self, stub: Any) -> None:
        self._stub = stub

    async def __call__(self, method: str, /, **fields: Any) -> Any:
        return await call(getattr(self._stub, method), getattr(pb, f"{method}Request")(**fields), caller="gateway")

    async def refusal(self, method: str, /, **fields: Any) -> DomainError:
        with pytest.raises(DomainError) as refused:
            await self(method, **fields)
        return refused.value


@pytest.fixture
async def outcomes(pool: "Pool", short_folder: Path) -> AsyncIterator[Outcomes]:
    address = f"unix:{short_folder}/{new_id()[-12:]}.sock"
    token = current_principal.set(EDITOR)
    async with (
        open_channel(f"{address}.audit", caller="scheduler") as audit,
        grpc_server([registration(pool, Outbox("scheduler", pool, audit))], address, drain_seconds=0.1),
        open_channel(address, caller="gateway") as channel,
    ):
        yield Outcomes(outcome_service_pb2_grpc.OutcomeServiceStub(channel))
    current_principal.reset(token)


async def pause(connection: "Connection", breakers: Breakers) -> str:
    trigger_id = await add_trigger(connection)
    for _ in range(5):
        await fail(connection, await submit(connection, trigger_id))
    await breakers.run_once()
    return trigger_id


async def actions(pool: "Pool") -> list[str]:
    rows = await pool.fetch("SELECT event FROM outbox ORDER BY id")
    return [audit_service_pb2.AuditEvent.FromString(row["event"]).action for row in rows]


def at(moment: datetime) -> Timestamp:
    message = Timestamp()
    message.FromDatetime(moment)
    return message


async def test_a_trigger_that_never_failed_shows_the_defaults(outcomes: Outcomes, connection: "Connection") -> None:
    breaker = (await outcomes("GetBreaker", trigger_id=await add_trigger(connection))).breaker
    assert (breaker.state, breaker.enabled, breaker.threshold, breaker.release_max) == (CLOSED, True, 5, 100)
    assert (breaker.probe_seconds, breaker.probe_max_seconds, breaker.release) == (300, 3_600, 0)


async def test_a_person_lets_a_paused_trigger_go_on_and_held_fires_are_released(
    outcomes: Outcomes, connection: "Connection", pool: "Pool", breakers: Breakers
) -> None:
    trigger_id = await pause(connection, breakers)
    shown = (await outcomes("GetBreaker", trigger_id=trigger_id)).breaker
    assert (shown.state, shown.failures, shown.HasField("probe_at")) == (OPEN, 5, True)
    for _ in range(3):
        await connection.execute(HOLD, trigger_id)
    answers = await asyncio.gather(*(outcomes("ResumeTrigger", trigger_id=trigger_id) for _ in range(3)))
    assert {answer.breaker.state for answer in answers} == {CLOSED}
    await breakers.run_once()
    assert await connection.fetchval("SELECT count(*) FROM held WHERE execution_id IS NOT NULL") == 3
    assert await actions(pool) == ["trigger.resumed"]


async def test_settings_change_one_by_one_and_hold_for_the_next_failures(
    outcomes: Outcomes, connection: "Connection", pool: "Pool", breakers: Breakers
) -> None:
    trigger_id = await add_trigger(connection)
    await outcomes("UpdateBreaker", trigger_id=trigger_id, threshold=2, probe_seconds=10)
    changed = (await outcomes("UpdateBreaker", trigger_id=trigger_id, release="RELEASE_POLICY_ALL")).breaker
    assert (changed.threshold, changed.probe_seconds, changed.release) == (2, 10, 2)
    await outcomes("UpdateBreaker", trigger_id=trigger_id, threshold=2)
    assert await actions(pool) == ["trigger.breaker_changed"] * 2
    for _ in range(2):
        await fail(connection, await submit(connection, trigger_id))
    await breakers.run_once()
    assert (await outcomes("GetBreaker", trigger_id=trigger_id)).breaker.state == OPEN


async def test_switching_the_breaker_off_lets_a_paused_trigger_go_on_for_good(
    outcomes: Outcomes, connection: "Connection", breakers: Breakers
) -> None:
    trigger_id = await pause(connection, breakers)
    changed = (await outcomes("UpdateBreaker", trigger_id=trigger_id, enabled=False)).breaker
    assert (changed.state, changed.enabled) == (CLOSED, False)
    for _ in range(9):
        await fail(connection, await submit(connection, trigger_id))
    await breakers.run_once()
    assert (await outcomes("GetBreaker", trigger_id=trigger_id)).breaker.state == CLOSED


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"threshold": 0}, "/threshold"),
        ({"threshold": 101}, "/threshold"),
        ({"probe_seconds": float("nan")}, "/probeSeconds"),
        ({"probe_seconds": 4_000}, "/probeMaxSeconds"),
        ({"probe_max_seconds": 1e9}, "/probeMaxSeconds"),
        ({"release_max": 1_001}, "/releaseMax"),
    ],
)
async def test_settings_out_of_range_are_named_and_change_nothing(
    outcomes: Outcomes, connection: "Connection", pool: "Pool", fields: dict[str, Any], pointer: str
) -> None:
    trigger_id = await add_trigger(connection)
    refused = await outcomes.refusal("UpdateBreaker", trigger_id=trigger_id, **fields)
    assert refused.fields[0].pointer == pointer
    assert await actions(pool) == []


async def test_unknown_and_deleted_triggers_are_not_found(outcomes: Outcomes, connection: "Connection") -> None:
    deleted = await add_trigger(connection)
    await connection.execute("UPDATE trigger SET deleted_at = now()")
    for trigger_id in (deleted, new_id(), "nonsense", ""):
        for method in ("GetBreaker", "UpdateBreaker", "ResumeTrigger"):
            assert (await outcomes.refusal(method, trigger_id=trigger_id)).reason == "TRIGGER_NOT_FOUND"


async def test_ranges_of_failures_and_hours_of_the_dashboard_are_bounded(outcomes: Outcomes) -> None:
    now = datetime.now(UTC)
    for first, last in ((now, now - timedelta(hours=1)), (now - timedelta(days=100), now)):
        assert (await outcomes.refusal("ListFailureGroups", **{"from": at(first), "to": at(last)})).reason == "INVALID"
    assert (await outcomes.refusal("ListFailureGroups", workflow_id="x")).fields[0].pointer == "/workflowId"
    assert (await outcomes.refusal("GetDashboard", hours=721)).fields[0].pointer == "/hours"
    assert (await outcomes("ListFailureGroups")).is_whole


async def test_everybodys_dashboard_costs_one_look_every_two_seconds(
    outcomes: Outcomes, connection: "Connection"
) -> None:
    first = await outcomes("GetDashboard")
    await complete(connection, await submit(connection, None))
    await submit(connection, None)
    assert await outcomes("GetDashboard") == first
    assert (await outcomes("GetDashboard", hours=2)).executions[0].count == 1
