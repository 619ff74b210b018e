"""CalendarService over real gRPC on a real Postgres, and a web server that offers ICS documents."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from exekra.scheduler.v1 import calendar_service_pb2 as pb
from exekra.scheduler.v1 import calendar_service_pb2_grpc
from services.kit.identity import Principal, current_principal
from services.kit.ids import new_id
from services.kit.outbound import AddressPolicy
from services.kit.outbox import Outbox
from services.kit.postgres import open_pool
from services.kit.rpc_client import call, open_channel
from services.kit.rpc_server import grpc_server
from services.scheduler.calendars.importing import Importer
from services.scheduler.calendars.rpc import registration
from tests.conftest import HubDatabase, MakeDatabase

if TYPE_CHECKING:
    from services.kit.postgres import Pool

EDITOR = Principal("user", "u1", "Ada", frozenset({"trigger:view", "trigger:edit"}))
REFRESH_SECONDS = 3_600.0


@dataclass
class Source:
    """What the web server answers next, and what it was asked."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(dict(request.headers))
        return web.Response(status=self.status, body=self.body, headers=self.headers)


@pytest.fixture
async def hub_database(make_database: MakeDatabase) -> HubDatabase:
    return await make_database(["scheduler"])


@pytest.fixture
async def pool(hub_database: HubDatabase) -> "AsyncIterator[Pool]":
    async with open_pool(hub_database.dsns["scheduler"], "scheduler") as pool:
        yield pool


@pytest.fixture
async def outbox(pool: "Pool", short_folder: Path) -> AsyncIterator[Outbox]:
    async with open_channel(f"unix:{short_folder}/{new_id()[-12:]}.audit", caller="scheduler") as audit:
        yield Outbox("scheduler", pool, audit)


@pytest.fixture
async def importer(pool: "Pool", outbox: Outbox) -> Importer:
    return Importer(pool, outbox, AddressPolicy.parse("127.0.0.0/8"), refresh_seconds=REFRESH_SECONDS)


@pytest.fixture
async def source() -> AsyncIterator[Source]:
    source = Source()
    application = web.Application()
    application.router.add_get("/{path:.*}", source.answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    source.url = f"http://127.0.0.1:{runner.addresses[0][1]}/secret-token/days.ics?key=abc"
    yield source
    await runner.cleanup()


class Calendars:
    """Calls as the gateway does for Ada."""

    def __init__(self, stub: Any) -> None:
        self._stub = stub

    async def __call__(self, method: str, /, **fields: Any) -> Any:
        request = getattr(pb, f"{method}Request")(**fields)
        return await call(getattr(self._stub, method), request, caller="gateway", seconds=30)

    async def create(self, name: str = "Holidays", entries: bytes = b"[]", **fields: Any) -> Any:
        fields.setdefault("kind", "CALENDAR_KIND_BLOCKED")
        return (await self("CreateCalendar", name=name, entries_json=entries, **fields)).calendar


@pytest.fixture
async def calendars(pool: "Pool", outbox: Outbox, importer: Importer, short_folder: Path) -> AsyncIterator[Calendars]:
    address = f"unix:{short_folder}/{new_id()[-12:]}.sock"
    token = current_principal.set(EDITOR)
    async with (
        grpc_server([registration(pool, outbox, importer)], address, drain_seconds=0.1),
        open_channel(address, caller="gateway") as channel,
    ):
        yield Calendars(calendar_service_pb2_grpc.CalendarServiceStub(channel))
    current_principal.reset(token)
