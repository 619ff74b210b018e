"""The engine alone, without agent and Hub: what one node costs, and what it takes to make a large graph ready.

Processor time, for other work on the machine must not count. The floor is the least that Python needs to await as many
coroutines and to keep their results.
"""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import Any

from runner.engine.events import LogLine, NodeEvent
from runner.engine.executor import execute
from runner.engine.plan import Plan, compile_plan
from runner.engine.request import RunRequest
from runner.nodes.base import Artifact
from runner.nodes.registry import declarations, node_types
from runner.workflow.graph import Graph
from runner.workflow.graph_reader import graph_from

NODES = 40
LARGE = 2_000
ROUNDS = 200
LARGE_ROUNDS = 7


class _Deaf:
    """A sink that keeps nothing: what is measured is the engine."""

    def node_event(self, event: NodeEvent) -> None:
        """Nothing."""

    def log(self, line: LogLine) -> None:
        """Nothing."""

    async def before_node(self) -> None:
        """Nothing."""

    async def attach(self, node_id: str, path: Path, name: str, media_type: str) -> Artifact:
        """Never asked for."""
        raise AssertionError(node_id)


async def measure_engine() -> dict[str, dict[str, float]]:
    """Microseconds of processor time a node, and milliseconds to plan 2,000 nodes."""
    floor = await _per_node(_await_as_many)
    constant = await _per_node(_runs(_plan(_chain(NODES, lambda n: n))))
    expressions = await _per_node(_runs(_plan(_chain(NODES, lambda n: f"{{{{ vars.v + {n} }}}}"))))
    return {
        "engine": {
            "node_us": constant,
            "node_with_expression_us": expressions,
            "floor_node_us": floor,
            "ratio": constant / floor,
        },
        "plan": {
            "constants_ms": _plan_ms(lambda n, _: n),
            "one_expression_ms": _plan_ms(lambda _, __: "{{ vars.v + 1 }}"),
            "all_different_first_time_ms": _plan_ms(lambda n, turn: f"{{{{ vars.v + {n} - {turn} }}}}"),
            "all_different_checked_before_ms": _plan_ms(
                lambda n, turn: f"{{{{ vars.v - {n} - {turn} }}}}", checked=True
            ),
        },
    }


def _chain(count: int, value: Callable[[int], Any]) -> Graph:
    nodes: list[dict[str, Any]] = [{"id": "start", "type": "control.start"}]
    nodes += [{"id": f"n{n}", "type": "data.set", "config": {"values": {"v": value(n)}}} for n in range(count - 1)]
    edges = [{"id": f"e{n}", "from": nodes[n]["id"], "port": "out", "to": nodes[n + 1]["id"]} for n in range(count - 1)]
    return graph_from({"nodes": nodes, "edges": edges, "variables": [{"name": "v", "initial": 0}]})


def _plan(graph: Graph, *, checked: bool = False) -> Plan:
    return compile_plan(graph, declarations(), checked=checked)


def _runs(plan: Plan) -> Callable[[], Awaitable[object]]:
    request = RunRequest("bench", Path())
    return lambda: execute(plan, request, _Deaf(), node_types())


async def _await_as_many() -> None:
    kept: dict[str, dict[str, int]] = {}

    async def work(n: int) -> dict[str, int]:
        return {"v": n}

    for n in range(NODES):
        kept[f"n{n}"] = await work(n)


async def _per_node(run: Callable[[], Awaitable[object]]) -> float:
    """The median over many runs, in microseconds a node."""
    taken = []
    for _ in range(ROUNDS):
        began = time.process_time_ns()
        await run()
        taken.append(time.process_time_ns() - began)
        await asyncio.sleep(0)
    return median(taken) / 1e3 / NODES


def _plan_ms(value: Callable[[int, int], Any], *, checked: bool = False) -> float:
    taken = []
    for turn in range(LARGE_ROUNDS):
        graph = _chain(LARGE, lambda n, turn=turn: value(n, turn))  # type: ignore[misc]  # a default binds the turn
        # As in the agent, which keeps the collector from walking what is loaded.
        gc.collect()
        gc.freeze()
        began = time.process_time_ns()
        _plan(graph, checked=checked)
        taken.append(time.process_time_ns() - began)
    return median(taken) / 1e6
