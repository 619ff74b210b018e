"""What nodes keep open for each other is closed with the execution, however that ends."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import pytest

from runner.engine.executor import Controls, execute
from runner.engine.plan import compile_plan
from runner.engine.request import RunRequest
from runner.nodes import resources
from runner.nodes.base import NodeConfig, NodeType, Result
from runner.nodes.resources import Resources
from runner.workflow.graph_reader import graph_from
from tests.contract.graphs.world import CATALOGUE, NODES, Witness, compute, fail, graph, node


class Door:
    """A resource that tells when it is closed, and may not close."""

    def __init__(self, story, name, problem=None):
        self.story, self.name, self.problem = story, name, problem

    async def close(self):
        if self.problem is not None:
            await self.problem()
        self.story.append(self.name)


class OpenConfig(NodeConfig):
    name: str


class Open(NodeType[OpenConfig]):
    """Opens a door, or says that it is open."""

    type = "test.open"
    title = help = icon = "door"
    config = OpenConfig
    example: ClassVar[dict[str, Any]] = {"name": "front"}

    def __init__(self, story):
        self.story = story

    async def run(self, config, context):
        known = context.resources.get(config.name) is not None
        if not known:
            context.resources.keep(config.name, Door(self.story, config.name))
        return Result({"known": known})


def opening(node_id, name="front"):
    return node(node_id, "test.open", {"name": name})


async def carry_out(nodes, controls=None, when_waiting=None):
    """What was closed, and what the sink saw. `when_waiting` is called as soon as node n runs."""

    def on_event(event):
        if when_waiting is not None and (event.node_id, event.status) == ("n", "running"):
            when_waiting()

    story, witness = [], Witness(on_event=on_event)
    door = Open(story)
    plan = compile_plan(graph_from(graph(nodes)), {**CATALOGUE, "test.open": door.declaration()})
    request = RunRequest("e1", Path())
    with suppress(asyncio.CancelledError):
        await execute(plan, request, witness, {**NODES, "test.open": door}, controls=controls)
    return story, witness


async def test_a_later_node_finds_what_an_earlier_one_opened():
    story, witness = await carry_out([opening("a"), opening("b")])
    assert (witness.output_of("a"), witness.output_of("b")) == ({"known": False}, {"known": True})
    assert story == ["front"]


async def test_what_was_opened_last_is_closed_first():
    story, _ = await carry_out([opening("a"), opening("b", "back")])
    assert story == ["back", "front"]


@pytest.mark.parametrize("last", [fail(), compute("c", "1"), node("c", "control.stop", {"status": "success"})])
async def test_every_end_closes(last):
    story, _ = await carry_out([opening("a"), last])
    assert story == ["front"]


async def test_a_soft_stop_closes():
    controls = Controls()
    story, _ = await carry_out([opening("a"), node("n", "test.wait")], controls, controls.stop)
    assert story == ["front"]


async def test_a_cancelled_execution_closes_as_well():
    def cancel():
        asyncio.get_running_loop().call_soon(task.cancel)

    task = asyncio.create_task(carry_out([opening("a"), node("n", "test.wait")], None, cancel))
    story, _ = await task
    assert story == ["front"]


async def test_one_that_does_not_close_keeps_none_of_the_others_open(monkeypatch):
    monkeypatch.setattr(resources, "CLOSE_SECONDS", 0.01)

    async def broken():
        raise OSError("stuck")

    story = []
    kept = Resources()
    for name, problem in (("first", None), ("second", broken), ("third", asyncio.Event().wait)):
        kept.keep(name, Door(story, name, problem))
    assert await kept.close() == [
        "The third did not close within 0.01 seconds.",
        "The second did not close: OSError('stuck').",
    ]
    assert story == ["first"]
    assert await kept.release("first") is False
