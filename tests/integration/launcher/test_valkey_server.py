"""The embedded Valkey: behind a password, on loopback, nothing on disk."""

import signal
from pathlib import Path

import pytest
import redis.asyncio

from services.launcher.ports import free_port
from services.launcher.valkey_server import ValkeyServer
from tests.conftest import running


async def test_it_answers_to_its_password_alone_and_keeps_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "with a space"
    folder.mkdir()
    server = ValkeyServer(folder, free_port(), "secret")
    with running(server.command(), tmp_path / "log", signal.SIGTERM):
        await server.wait_until_ready()
        async with redis.asyncio.from_url(server.url) as client:
            await client.set("key", "value")
            assert await client.config_get("bind") == {"bind": "127.0.0.1"}
        stranger = redis.asyncio.Redis(port=server.port)
        with pytest.raises(redis.AuthenticationError):
            await stranger.ping()
        await stranger.aclose()
    assert [file.name for file in folder.iterdir()] == ["valkey.conf"]
    assert (folder / "valkey.conf").stat().st_mode & 0o777 == 0o600


async def test_a_stranger_on_the_port_is_not_taken_for_ready(tmp_path: Path) -> None:
    mine = ValkeyServer(tmp_path, free_port(), "mine")
    theirs = ValkeyServer(tmp_path, mine.port, "theirs")
    with running(theirs.command(), tmp_path / "log", signal.SIGTERM):
        await theirs.wait_until_ready()
        with pytest.raises(TimeoutError):
            await mine.wait_until_ready(0.3)
