"""The scheduler of the executions' tests, with global variables beside it."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from exekra.scheduler.v1 import variable_pb2
from exekra.scheduler.v1 import variable_service_pb2 as pb
from services.kit.identity import Principal, current_principal
from services.scheduler.continuations.fetching import Fetching
from services.scheduler.evidence.artifacts import Artifacts
from services.scheduler.evidence.files import ArtifactFiles
from services.scheduler.variables.rpc import VariableServicer
from tests.integration.scheduler.executions.conftest import Scheduler, scheduler, start_scheduler

__all__ = ["scheduler", "start_scheduler"]

EDITOR = Principal("user", "u1", "Ada", frozenset({"workflow:view", "workflow:publish"}))


@dataclass
class Variables:
    """Global variables as the gateway keeps them for Ada."""

    servicer: VariableServicer

    async def make(self, name: str, value: Any, **more: Any) -> variable_pb2.Variable:
        request = pb.CreateVariableRequest(name=name, value_json=json.dumps(value).encode(), **more)
        return (await self.servicer.CreateVariable(request, None)).variable

    async def change(self, variable: variable_pb2.Variable, **more: Any) -> variable_pb2.Variable:
        request = pb.UpdateVariableRequest(variable_id=variable.id, **more)
        return (await self.servicer.UpdateVariable(request, None)).variable

    async def get(self, variable: variable_pb2.Variable) -> variable_pb2.Variable:
        return (await self.servicer.GetVariable(pb.GetVariableRequest(variable_id=variable.id), None)).variable

    async def delete(self, variable: variable_pb2.Variable, *, force: bool = False) -> None:
        await self.servicer.DeleteVariable(pb.DeleteVariableRequest(variable_id=variable.id, force=force), None)


@pytest.fixture
async def variables(scheduler: Scheduler) -> AsyncIterator[Variables]:
    token = current_principal.set(EDITOR)
    yield Variables(VariableServicer(scheduler.core.pool, scheduler.core.outbox))
    current_principal.reset(token)


@pytest.fixture
def fetching(scheduler: Scheduler) -> Fetching:
    files = ArtifactFiles(scheduler.settings.home / "artifacts")
    return Fetching(scheduler.core.pool, Artifacts(scheduler.core.pool, files, 2**30))
