"""The document a runner gets for an execution that does not begin at its beginning. Pure: rows in, JSON bytes out.

Recorded outputs stay the bytes they came as; only what is decided here is written anew. Its shape is told in
infra/decisions/0016.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from runner.workflow.graph import Graph
from services.scheduler.continuations.repository import RecordedRun, Stored, Write
from services.scheduler.continuations.variables import written_by_containers

DECISIVE = frozenset({"COMPLETED", "REUSED", "FAILED"})
"""Ends of node runs that decided the edges out of the node, if it was left by a port."""


def decides(run: RecordedRun) -> bool:
    """Whether the run stands for its node when it is not to run again."""
    return run.status in DECISIVE and bool(run.port)


def continuation_document(
    stored: Stored,
    graph: Graph,
    runs: Sequence[RecordedRun],
    writes: Sequence[Write],
    decisions: Mapping[str, Mapping[str, Any]],
    now: float,
) -> bytes:
    """`decisions`: by node, what was decided of approvals; `now`: seconds since 1970 by the database's clock."""
    waits = json.loads(stored.waits)
    top = {node.id for node in graph.top.nodes}
    inside = written_by_containers(graph, writes)
    inputs = {run.node_id: run.input for run in runs}
    recorded = [_entry(run, inside) for run in runs if run.node_id in top and decides(run)]
    remaining: dict[str, float] = {}
    for wait in waits:
        node_id, until = wait["nodeId"], wait["until"]
        if node_id in decisions:
            decision = decisions[node_id]
            recorded.append(_given(node_id, inputs, decision, str(decision["decision"])))
        elif until is not None and until <= now:
            recorded.append(_given(node_id, inputs, wait["request"], "out"))
        elif until is not None:
            remaining[node_id] = until - now
    parts = (
        b'{"recorded":{' + b",".join(recorded) + b"}",
        b'"variables":' + stored.variables,
        b'"remainingSeconds":' + json.dumps(remaining).encode(),
        b'"calls":' + stored.calls,
        b'"globals":' + stored.globals,
        b'"debug":' + (stored.debug or b"null") + b"}",
    )
    return b",".join(parts)


def _entry(run: RecordedRun, inside: Mapping[str, bytes]) -> bytes:
    output = b'{"failure":' + run.failure + b"}" if run.status == "FAILED" else run.output or b"null"
    return _member(run.node_id, output, run.port, run.input, run.variables or inside.get(run.node_id, b""))


def _given(node_id: str, inputs: Mapping[str, bytes], output: Any, port: str) -> bytes:
    """A wait that is over: it completes now."""
    return _member(node_id, json.dumps(output).encode(), port, inputs.get(node_id, b""), b"", decided=True)


def _member(node_id: str, output: bytes, port: str, given: bytes, variables: bytes, *, decided: bool = False) -> bytes:
    fields: Iterable[tuple[str, bytes]] = (
        ("output", output),
        ("port", json.dumps(port).encode()),
        ("input", given or b"null"),
        ("variables", variables or b"null"),
        ("decided", b"true" if decided else b"false"),
    )
    return (
        json.dumps(node_id).encode() + b":{" + b",".join(f'"{name}":'.encode() + data for name, data in fields) + b"}"
    )
