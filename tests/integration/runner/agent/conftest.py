"""A scripted Hub and a real agent process for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.runner.agent.hub import ScriptedHub
from tests.integration.runner.agent.processes import AgentProcess, LocalAgent


@pytest.fixture
async def hub() -> AsyncIterator[ScriptedHub]:
    hub = ScriptedHub()
    await hub.start()
    yield hub
    await hub.stop()


@pytest.fixture
async def agent(hub: ScriptedHub, tmp_path: Path) -> AsyncIterator[AgentProcess]:
    agent = AgentProcess(hub, tmp_path / "home")
    yield agent
    if agent.process is not None:
        await agent.kill()


@pytest.fixture
async def local(hub: ScriptedHub, tmp_path: Path) -> AsyncIterator[LocalAgent]:
    agent = LocalAgent(hub, tmp_path / "home")
    yield agent
    await agent.end()
