"""WorkflowService over real gRPC on a real Postgres."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import grpc.aio
import pytest

from services.kit.identity import current_principal
from services.kit.ids import new_id
from services.kit.outbox import Outbox
from services.kit.postgres import open_pool
from services.kit.rpc_client import open_channel
from services.kit.rpc_server import grpc_server
from services.scheduler.workflows.rpc import registration
from tests.conftest import HubDatabase, MakeDatabase
from tests.integration.scheduler.workflows.service import EDITOR, Stub

if TYPE_CHECKING:
    from services.kit.postgres import Pool


@pytest.fixture
async def hub_database(make_database: MakeDatabase) -> HubDatabase:
    return await make_database(["scheduler"])


@pytest.fixture
async def pool(hub_database: HubDatabase) -> "AsyncIterator[Pool]":
    async with open_pool(hub_database.dsns["scheduler"], "scheduler") as pool:
        yield pool


async def always() -> None:
    """Whatever the licence says."""


def served(pool: "Pool", audit: grpc.aio.Channel, address: str) -> AbstractAsyncContextManager[object]:
    return grpc_server([registration(pool, Outbox("scheduler", pool, audit), always)], address, drain_seconds=1)


@pytest.fixture
async def stub(pool: "Pool", short_folder: Path) -> AsyncIterator[Stub]:
    name = f"{short_folder}/{new_id()[-12:]}"
    token = current_principal.set(EDITOR)
    async with (
        open_channel(f"unix:{name}.audit", caller="scheduler") as audit,
        served(pool, audit, f"unix:{name}.sock"),
        open_channel(f"unix:{name}.sock", caller="gateway") as channel,
    ):
        yield Stub(channel)
    current_principal.reset(token)


@pytest.fixture
async def registry(stub: Stub, pool: "Pool", short_folder: Path) -> AsyncIterator[Stub]:
    address = f"unix:{short_folder}/{new_id()[-12:]}.sock"
    async with (
        open_channel(f"{address}.audit", caller="scheduler") as audit,
        served(pool, audit, address),
        open_channel(address, caller="registry") as channel,
    ):
        yield Stub(channel)
