"""A scheduler database, a pool of its role, and the evidence services on a socket of the test's own."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exekra.scheduler.v1 import changes_service_pb2_grpc, evidence_service_pb2_grpc
from services.kit.identity import Principal, current_principal
from services.kit.ids import new_id
from services.kit.postgres import open_pool
from services.kit.rpc_client import call, open_channel
from services.kit.rpc_server import grpc_server
from services.scheduler.evidence.compose import compose_evidence
from tests.conftest import HubDatabase, MakeDatabase

if TYPE_CHECKING:
    from services.kit.postgres import Pool


@pytest.fixture
async def hub_database(make_database: MakeDatabase) -> HubDatabase:
    return await make_database(["scheduler"], alone=True)


@pytest.fixture
async def pool(hub_database: HubDatabase) -> "AsyncIterator[Pool]":
    async with open_pool(hub_database.dsns["scheduler"], "scheduler") as pool:
        yield pool


VIEWER = Principal("user", "u1", "Ada", frozenset({"execution:view"}))


LIMIT = 3 * 1024 * 1024


@dataclass(frozen=True)
class Services:
    evidence: evidence_service_pb2_grpc.EvidenceServiceStub
    registry: evidence_service_pb2_grpc.EvidenceServiceStub
    changes: changes_service_pb2_grpc.ChangesServiceStub
    home: Path


@pytest.fixture
async def services(
    pool: "Pool", hub_database: HubDatabase, tmp_path: Path, short_folder: Path
) -> AsyncIterator[Services]:
    stop = asyncio.Event()
    parts = compose_evidence(pool, hub_database.dsns["scheduler"], tmp_path, stop, LIMIT)
    address = f"unix:{short_folder}/{new_id()[-12:]}.sock"
    token = current_principal.set(VIEWER)
    async with (
        grpc_server(parts.registrations, address, drain_seconds=1),
        open_channel(address, caller="gateway") as gateway,
        open_channel(address, caller="registry") as registry,
    ):
        bell = asyncio.create_task(parts.bell.run(stop))
        await asyncio.wait_for(parts.bell.listening.wait(), 30)
        yield Services(
            evidence_service_pb2_grpc.EvidenceServiceStub(gateway),
            evidence_service_pb2_grpc.EvidenceServiceStub(registry),
            changes_service_pb2_grpc.ChangesServiceStub(gateway),
            tmp_path,
        )
        stop.set()
        await bell
    current_principal.reset(token)


async def ask(method: object, request: object) -> object:
    return await call(method, request, caller="gateway")  # type: ignore[arg-type]
