"""A place to run nodes in, and a web server on loopback."""

import pytest

from tests.integration.runner.nodes.web_server import WebServer
from tests.unit.runner.nodes.harness import Workplace


@pytest.fixture
def place(tmp_path):
    workdir = tmp_path / "execution"
    workdir.mkdir()
    return Workplace(workdir)


@pytest.fixture
async def server():
    async with WebServer() as server:
        yield server


@pytest.fixture
async def other_server():
    async with WebServer() as server:
        yield server
