"""One gateway for each test that asks for it."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import pytest

from services.gateway.identity.passwords import Passwords
from tests.conftest import HubDatabase, MakeDatabase
from tests.integration.gateway.served import Script, Served, serving


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hash takes its time so that guessing does, and these tests make hundreds."""
    monkeypatch.setattr("services.gateway.identity.service.Passwords", partial(Passwords, memory_kib=64))


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short enough for Unix sockets."""
    with tempfile.TemporaryDirectory(prefix="exekra-gw-", dir="/tmp") as name:
        yield Path(name)


@pytest.fixture
async def database(make_database: MakeDatabase) -> HubDatabase:
    return await make_database(["gateway"])


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
async def served(database: HubDatabase, folder: Path, script: Script) -> AsyncIterator[Served]:
    async with serving(database.dsns["gateway"], folder, script) as running:
        yield running
