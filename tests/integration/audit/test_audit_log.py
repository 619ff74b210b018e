"""The audit service on a real Postgres, over its real RPCs, against people who tamper with the table."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from exekra.audit.v1 import audit_service_pb2 as pb
from exekra.audit.v1 import audit_service_pb2_grpc
from services.audit import repository
from services.audit.__main__ import registration
from services.audit.checkpoints import CheckpointFile
from services.audit.settings import AuditSettings
from services.audit.use_cases import AuditLog
from services.kit.clock import SystemClock
from services.kit.errors import DomainError
from services.kit.identity import Principal, current_principal
from services.kit.ids import new_id
from services.kit.postgres import open_pool
from services.kit.rpc_client import call, call_stream, open_channel
from services.kit.rpc_server import grpc_server
from tests.conftest import HubDatabase, MakeDatabase

AUDITOR = Principal("user", "u1", "Ada", frozenset({"audit:view", "audit:export"}))


@pytest.fixture
async def database(make_database: MakeDatabase) -> HubDatabase:
    return await make_database(["audit"])


@asynccontextmanager
async def audit_log(database: HubDatabase, home: Path, **settings: float) -> AsyncIterator[AuditLog]:
    async with open_pool(database.dsns["audit"], "audit") as pool:
        yield AuditLog(pool, CheckpointFile(home / "audit"), SystemClock(), AuditSettings(home=home, **settings))


@asynccontextmanager
async def served(audit: AuditLog, home: Path) -> AsyncIterator[audit_service_pb2_grpc.AuditServiceStub]:
    address = f"unix:{home}/audit.sock"
    async with (
        grpc_server([registration(audit)], address, drain_seconds=1),
        open_channel(address, caller="gateway") as channel,
    ):
        token = current_principal.set(AUDITOR)
        yield audit_service_pb2_grpc.AuditServiceStub(channel)
        current_principal.reset(token)


@pytest.fixture
async def audit(database: HubDatabase, tmp_path: Path) -> AsyncIterator[AuditLog]:
    async with audit_log(database, tmp_path) as audit:
        yield audit


@pytest.fixture
async def stub(audit: AuditLog, tmp_path: Path) -> AsyncIterator[audit_service_pb2_grpc.AuditServiceStub]:
    async with served(audit, tmp_path) as stub:
        yield stub


def event(action: str = "workflow.published", **fields: object) -> pb.AuditEvent:
    message = pb.AuditEvent(id=new_id(), service="scheduler", actor_kind="user", actor_id="u1", actor_name="Ada")
    message.at.GetCurrentTime()
    message.MergeFrom(pb.AuditEvent(action=action, details_json=b'{"after": {"version": 3}}', **fields))
    return message


async def append(stub: audit_service_pb2_grpc.AuditServiceStub, *events: pb.AuditEvent) -> int:
    response = await call(stub.Append, pb.AppendRequest(events=events), caller="gateway")
    return int(response.head_seq)


async def verify(stub: audit_service_pb2_grpc.AuditServiceStub) -> pb.VerifyResponse:
    response: pb.VerifyResponse = await call(stub.Verify, pb.VerifyRequest(), caller="gateway")
    return response


async def listed(stub: audit_service_pb2_grpc.AuditServiceStub, **request: object) -> pb.ListEventsResponse:
    response: pb.ListEventsResponse = await call(stub.ListEvents, pb.ListEventsRequest(**request), caller="gateway")
    return response


async def tamper(database: HubDatabase, statement: str) -> None:
    """As a superuser who switches the triggers off: what only the chain itself can find."""
    connection = await asyncpg.connect(database.admin_dsn)
    try:
        await connection.execute("SET session_replication_role = replica; SET search_path = audit")
        await connection.execute(statement)
    finally:
        await connection.close()


async def test_every_statement_prepares(database: HubDatabase):
    statements = {
        name: value
        for name, value in vars(repository).items()
        if name.isupper() and name[0] != "_" and isinstance(value, str)
    }
    async with open_pool(database.dsns["audit"], "audit") as pool, pool.acquire() as connection:
        for statement in statements.values():
            await connection.prepare(statement)
    assert len(statements) >= 7


async def test_events_are_appended_in_order_and_the_chain_verifies(stub: audit_service_pb2_grpc.AuditServiceStub):
    events = [event(f"a.{number}", resource_name="Grüße \x00, 1:x") for number in range(5)]
    assert await append(stub, *events[:2]) == 2
    assert await append(stub, *events[2:]) == 5
    items = (await listed(stub)).items
    assert [(item.seq, item.id) for item in items] == [(5 - n, events[4 - n].id) for n in range(5)]
    verdict = await verify(stub)
    assert (verdict.valid, verdict.checked, verdict.head_hash) == (True, 5, items[0].hash)


async def test_an_event_sent_twice_is_there_once(stub: audit_service_pb2_grpc.AuditServiceStub):
    first, second = event(), event()
    await append(stub, first, first)
    assert await append(stub, first, second) == 2
    assert await append(stub, first, second) == 2
    assert (await verify(stub)).checked == 2


async def test_appenders_at_the_same_time_leave_one_dense_chain(stub: audit_service_pb2_grpc.AuditServiceStub):
    batches = [[event() for _ in range(7)] for _ in range(20)]
    await asyncio.gather(*(append(stub, *batch) for batch in batches))
    verdict = await verify(stub)
    assert (verdict.valid, verdict.checked) == (True, 140)


async def test_an_event_without_a_proper_id_or_details_names_the_field(stub: audit_service_pb2_grpc.AuditServiceStub):
    broken_id, broken_details = event(), event()
    broken_id.id = "17"
    broken_details.details_json = b"{"
    for broken, field in ((broken_id, "/events/1/id"), (broken_details, "/events/1/details")):
        with pytest.raises(DomainError) as refused:
            await append(stub, event(), broken)
        assert refused.value.fields[0].pointer == field
    assert (await listed(stub)).items == []


async def test_lists_are_filtered_and_paged(stub: audit_service_pb2_grpc.AuditServiceStub):
    await append(
        stub,
        event("workflow.published", resource_kind="workflow", resource_id="w1", resource_name="Invoices"),
        event("workflow.created", resource_kind="workflow", resource_id="w2"),
        event("login.failed", resource_kind="user", resource_id="u9"),
    )
    assert [item.seq for item in (await listed(stub, action="workflow")).items] == [2, 1]
    assert [item.seq for item in (await listed(stub, action="workflow.created")).items] == [2]
    assert [item.seq for item in (await listed(stub, resource="invoices")).items] == [1]
    assert [item.seq for item in (await listed(stub, actor="ada", resource="user")).items] == [3]
    assert (await listed(stub, actor="nobody")).items == []
    page = await listed(stub, limit=2)
    assert [item.seq for item in page.items] == [3, 2]
    last = await listed(stub, limit=2, cursor=page.next_cursor)
    assert ([item.seq for item in last.items], last.next_cursor) == ([1], "")


async def test_a_list_is_bounded_in_time(stub: audit_service_pb2_grpc.AuditServiceStub):
    early, late = event(), event()
    early.at.FromJsonString("2026-01-01T00:00:00Z")
    late.at.FromJsonString("2026-02-01T00:00:00Z")
    await append(stub, early, late)
    assert [item.id for item in (await listed(stub, **{"from": late.at})).items] == [late.id]
    assert [item.id for item in (await listed(stub, to=late.at)).items] == [early.id]


async def test_the_export_is_json_lines_whose_hashes_are_the_chain(stub: audit_service_pb2_grpc.AuditServiceStub):
    await append(stub, *(event(resource_name="x" * 400) for _ in range(300)))
    pieces = [r.lines async for r in call_stream(stub.Export, pb.ExportRequest(), caller="gateway")]
    lines = [json.loads(line) for line in b"".join(pieces).splitlines()]
    assert len(pieces) > 1
    assert [line["seq"] for line in lines] == list(range(1, 301))
    assert lines[-1]["hash"] == (await verify(stub)).head_hash
    assert lines[0]["details"] == {"after": {"version": 3}}


async def test_a_reader_needs_the_permission(stub: audit_service_pb2_grpc.AuditServiceStub):
    current_principal.set(Principal("user", "u2", "Bob", frozenset({"execution:view"})))
    with pytest.raises(DomainError) as refused:
        await verify(stub)
    assert refused.value.reason == "PERMISSION_MISSING"


@pytest.mark.parametrize(
    "statement",
    ["UPDATE event SET action = 'x'", "DELETE FROM event", "TRUNCATE event", "DELETE FROM checkpoint"],
)
async def test_neither_the_service_nor_the_owner_may_change_rows(
    stub: audit_service_pb2_grpc.AuditServiceStub, database: HubDatabase, statement: str
):
    await append(stub, event())
    for dsn in (database.dsns["audit"], database.admin_dsn):
        connection = await asyncpg.connect(dsn, server_settings={"search_path": "audit"})
        await connection.execute("INSERT INTO checkpoint VALUES (9, now(), sha256(''), 'k', '') ON CONFLICT DO NOTHING")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
        await connection.close()
    assert len((await listed(stub)).items) == 1


async def test_a_row_inserted_past_append_is_refused(audit: AuditLog, database: HubDatabase):
    connection = await asyncpg.connect(database.admin_dsn, server_settings={"search_path": "audit"})
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="does not continue"):
        await connection.execute(
            "INSERT INTO event VALUES (1, gen_random_uuid(), now(), "
            "'', '', '', '', '', '', '', '', '', '', '{}', sha256(''))"
        )
    await connection.close()


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("UPDATE event SET actor_name = 'Eve' WHERE seq = 3", 3),
        ("UPDATE event SET at = at + interval '1 microsecond' WHERE seq = 2", 2),
        ("DELETE FROM event WHERE seq = 4", 4),
        ("UPDATE event SET seq = CASE seq WHEN 2 THEN 30 ELSE 2 END WHERE seq IN (2, 3)", 2),
        ("DELETE FROM event WHERE seq > 3", 4),
        ("DELETE FROM event; DELETE FROM checkpoint", 1),
    ],
)
async def test_verification_finds_what_was_tampered_with(
    audit: AuditLog,
    stub: audit_service_pb2_grpc.AuditServiceStub,
    database: HubDatabase,
    statement: str,
    broken_at: int,
):
    await append(stub, *(event() for _ in range(5)))
    assert await audit.checkpoint_if_due()
    await tamper(database, statement)
    verdict = await verify(stub)
    assert (verdict.valid, verdict.broken_at) == (False, broken_at)


async def test_a_forged_checkpoint_is_found(
    audit: AuditLog, stub: audit_service_pb2_grpc.AuditServiceStub, database: HubDatabase
):
    await append(stub, event(), event())
    await audit.checkpoint_if_due()
    await tamper(database, "UPDATE checkpoint SET seq = 1")
    verdict = await verify(stub)
    assert (verdict.valid, verdict.broken_at) == (False, 1)


async def test_a_checkpoint_is_due_by_rows_and_by_time_and_only_for_new_rows(database: HubDatabase, tmp_path: Path):
    async with (
        audit_log(database, tmp_path, checkpoint_rows=3, checkpoint_seconds=3_600) as audit,
        served(audit, tmp_path) as stub,
    ):
        assert not await audit.checkpoint_if_due()
        await append(stub, event())
        assert await audit.checkpoint_if_due()
        await append(stub, event(), event())
        assert not await audit.checkpoint_if_due()
        await append(stub, event())
        assert await audit.checkpoint_if_due()
        assert not await audit.checkpoint_if_due()
        await append(stub, event())
    async with audit_log(database, tmp_path, checkpoint_rows=3, checkpoint_seconds=0) as hasty:
        assert await hasty.checkpoint_if_due()
        assert not await hasty.checkpoint_if_due()
