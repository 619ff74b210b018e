"""The license service on a real Postgres, over its real RPCs."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import grpc.aio
import pytest

from exekra.license.v1 import license_service_pb2 as pb
from exekra.license.v1 import license_service_pb2_grpc
from services.kit.errors import DomainError, Kind
from services.kit.identity import Principal, current_principal
from services.kit.postgres import open_pool
from services.kit.rpc_client import call, open_channel
from services.kit.rpc_server import grpc_server
from services.license import repository
from services.license.model import COMMUNITY_CONCURRENT_EXECUTIONS, COMMUNITY_RUNNERS
from tests.community import license_registration
from tests.conftest import HubDatabase, MakeDatabase

Stub = license_service_pb2_grpc.LicenseServiceStub


@pytest.fixture
async def database(make_database: MakeDatabase) -> HubDatabase:
    return await make_database(["license"])


@pytest.fixture
async def channel(database: HubDatabase, tmp_path: Path) -> AsyncIterator[grpc.aio.Channel]:
    address = f"unix:{tmp_path}/license.sock"
    async with (
        open_pool(database.dsns["license"], "license") as pool,
        grpc_server([license_registration(pool)], address, drain_seconds=1),
        open_channel(address, caller="registry") as channel,
    ):
        yield channel


@pytest.fixture
def stub(channel: grpc.aio.Channel) -> Stub:
    return Stub(channel)


async def acquire(stub: Stub, holder: str, kind: str = "runner") -> pb.AcquireSeatResponse:
    request = pb.AcquireSeatRequest(kind=kind, holder_id=holder)
    response: pb.AcquireSeatResponse = await call(stub.AcquireSeat, request, caller="registry")
    return response


async def release(stub: Stub, holder: str) -> None:
    await call(stub.ReleaseSeat, pb.ReleaseSeatRequest(kind="runner", holder_id=holder), caller="registry")


async def test_every_statement_prepares(database: HubDatabase):
    statements = [value for name, value in vars(repository).items() if name.isupper() and isinstance(value, str)]
    async with open_pool(database.dsns["license"], "license") as pool, pool.acquire() as connection:
        for statement in statements:
            await connection.prepare(statement)
    assert len(statements) == 13


async def test_fifty_acquisitions_at_once_fill_exactly_the_limit(stub: Stub):
    answers = await asyncio.gather(*(acquire(stub, f"runner-{n}") for n in range(50)), return_exceptions=True)
    granted = [answer for answer in answers if isinstance(answer, pb.AcquireSeatResponse)]
    refused = [answer for answer in answers if isinstance(answer, DomainError)]
    assert sorted(answer.seat for answer in granted) == list(range(1, COMMUNITY_RUNNERS + 1))
    assert len(refused) == 50 - COMMUNITY_RUNNERS
    assert {(error.kind, error.reason) for error in refused} == {(Kind.PAYMENT, "LICENCE_SEATS_EXHAUSTED")}
    assert refused[0].facts == {"limit": COMMUNITY_RUNNERS}


async def test_acquiring_again_answers_the_seat_it_has(stub: Stub):
    answers = await asyncio.gather(*(acquire(stub, "one") for _ in range(20)))
    assert {(answer.seat, answer.limit) for answer in answers} == {(1, COMMUNITY_RUNNERS)}


async def test_a_released_seat_is_given_to_the_next(stub: Stub):
    for number in range(COMMUNITY_RUNNERS):
        await acquire(stub, f"runner-{number}")
    await release(stub, "runner-4")
    await release(stub, "runner-4")
    assert (await acquire(stub, "newcomer")).seat == 5


async def test_a_seat_of_an_unknown_kind_or_without_holder_names_the_field(stub: Stub):
    for holder, kind, pointer in (("one", "robot", "/kind"), ("", "runner", "/holderId")):
        with pytest.raises(DomainError) as refused:
            await acquire(stub, holder, kind)
        assert refused.value.fields[0].pointer == pointer


async def test_executions_are_allowed_in_the_community_edition(stub: Stub):
    verdict = await call(stub.CheckExecution, pb.CheckExecutionRequest(), caller="scheduler")
    assert (verdict.allowed, verdict.edition) == (True, "community")
    assert verdict.concurrent_executions == COMMUNITY_CONCURRENT_EXECUTIONS
    assert verdict.cache_seconds > 0


async def test_the_licence_shows_the_seats_in_use(stub: Stub):
    await acquire(stub, "one")
    token = current_principal.set(Principal("user", "u", "Ada", frozenset({"license:view"})))
    shown = (await call(stub.GetLicense, pb.GetLicenseRequest(), caller="gateway")).license
    current_principal.reset(token)
    assert (shown.runners_used, shown.runner_limit, shown.state) == (1, COMMUNITY_RUNNERS, "community")
    assert not shown.HasField("expires_at")


async def test_another_service_may_not_take_seats(stub: Stub):
    with pytest.raises(DomainError) as refused:
        await call(stub.AcquireSeat, pb.AcquireSeatRequest(kind="runner", holder_id="x"), caller="gateway")
    assert refused.value.reason == "CALLER_NOT_ALLOWED"
