"""Graphs that the agent's tests run."""

from itertools import pairwise
from typing import Any


def chain(*nodes: dict[str, Any], output: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """control.start and these nodes, one after the other."""
    everything = [{"id": "start", "type": "control.start", "config": {}}, *nodes]
    edges = [
        {"id": f"e{index}", "from": left["id"], "port": "out", "to": right["id"]}
        for index, (left, right) in enumerate(pairwise(everything))
    ]
    return {"schemaVersion": 1, "nodes": everything, "edges": edges, "output": output or {}, **fields}


def delay(seconds: float, node_id: str = "wait") -> dict[str, Any]:
    return {"id": node_id, "type": "control.delay", "config": {"seconds": seconds}}


def assign(node_id: str = "set", **values: Any) -> dict[str, Any]:
    return {"id": node_id, "type": "data.set", "config": {"values": values}}


def short() -> dict[str, Any]:
    """Two nodes that never wait."""
    return chain(
        assign(total="{{ 20 + 22 }}"),
        output={"total": "{{ vars.total }}"},
        variables=[{"name": "total", "initial": 0}],
    )


def write_file(path: str, text: str, node_id: str = "write") -> dict[str, Any]:
    """A node that needs a process of its own."""
    return {"id": node_id, "type": "files.write", "config": {"path": path, "content": text}}


def ask(node_id: str = "ask", **config: Any) -> dict[str, Any]:
    return {"id": node_id, "type": "control.approval", "config": {"title": "Pay?", **config}}


def call(workflow_id: str, node_id: str = "call", **inputs: Any) -> dict[str, Any]:
    return {"id": node_id, "type": "control.subworkflow", "config": {"workflowId": workflow_id, "inputs": inputs}}


def keep_file(path: str, node_id: str = "keep") -> dict[str, Any]:
    return {"id": node_id, "type": "log.artifact", "config": {"path": path}}


def say(message: str, node_id: str = "say") -> dict[str, Any]:
    return {"id": node_id, "type": "log.message", "config": {"message": message}}


def hang(pids_file: str) -> dict[str, Any]:
    """A node that never ends, hears nothing, and has started a daemon that ignores SIGTERM (see `hanging_nodes`)."""
    return {"id": "hang", "type": "test.hang", "config": {"pidsFile": pids_file}}
