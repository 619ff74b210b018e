"""A browser in a workflow on the real engine: what an execution tells of it, and that its end is the browser's."""

import json
import os
import zipfile
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest

from runner.engine.executor import execute
from runner.engine.plan import compile_plan
from runner.engine.request import RunRequest
from runner.nodes.browser import program
from runner.nodes.registry import declarations, node_types
from runner.workflow.graph_reader import graph_from
from runner.workflow.validation import validate_document
from tests.contract.graphs.world import Witness

pytestmark = pytest.mark.skipif(bool(program.missing()) and not os.environ.get("CI"), reason=str(program.missing()))

SECRET = "Correct-Horse-7"
PAGE = """data:text/html,<title>Shop</title><label>User <input></label><label>Password <input type=password></label>
<button onclick="document.querySelector('p').textContent = 'Hello ' + document.querySelector('input').value">Go</button>
<p></p>"""


def sign_in() -> dict:
    """Signs in with a password that is an input, misses a button, and reads what the page says."""
    steps = [
        ("start", "control.start", {}),
        ("open", "browser.open", {"url": PAGE}),
        ("user", "browser.fill", {"selector": "label=User", "value": "{{ inputs.user }}"}),
        ("password", "browser.fill", {"selector": "label=Password", "secret": "{{ inputs.password }}"}),
        ("go", "browser.click", {"selector": {"candidates": [{"strategy": "text", "value": "Go"}]}}),
        ("miss", "browser.click", {"selector": "text=Nothing", "waitSeconds": 0.1}),
        ("read", "browser.extractText", {"selector": "css=p"}),
    ]
    nodes = [{"id": name, "type": kind, "config": config} for name, kind, config in steps]
    nodes[5]["onError"] = "continue"
    return {
        "schemaVersion": 1,
        "inputs": [{"name": name, "type": "string", "required": True} for name in ("user", "password")],
        "nodes": nodes,
        "edges": [{"from": a["id"], "to": b["id"]} for a, b in pairwise(nodes)],
        "output": {"said": "{{ nodes.read.output.text }}"},
    }


def left(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_a_workflow_signs_in_and_tells_nothing_of_the_password(tmp_path: Path):
    graph, problems = validate_document(sign_in(), declarations())
    assert graph is not None
    assert not [problem for problem in problems if problem.severity == "error"]
    witness = Witness()
    request = RunRequest("e1", tmp_path, inputs={"user": "Anna", "password": SECRET})
    plan = compile_plan(graph_from(sign_in()), declarations())
    outcome = await execute(plan, request, witness, node_types())
    assert (outcome.status, outcome.output) == ("completed", {"said": "Hello Anna"})
    assert left(tmp_path) == [], "the end of the execution closed the browser"
    [missed] = [event.failure for event in witness.events if event.failure is not None]
    assert missed.code == "ELEMENT_NOT_FOUND"
    assert set(witness.artifacts) == {"miss-failure.png", "miss-trace.zip"}
    told = [event for event in witness.events if event.node_id != "start"]
    assert SECRET not in json.dumps([event.as_json() for event in told])
    assert not [line for line in witness.lines if SECRET in line.message]
    with zipfile.ZipFile(BytesIO(witness.artifacts["miss-trace.zip"])) as trace:
        assert not [name for name in trace.namelist() if SECRET.encode() in trace.read(name)]


VEILED = """data:text/html,<title>Veiled</title><style>div { position: fixed; inset: 0 }</style><p></p>
<button onclick="document.querySelector('p').textContent = 'Clicked'">Go</button><div></div>"""
UNVEIL = """document.querySelector('div').remove();
await new Promise((done) => setTimeout(done, 1200)); return document.querySelector('p').textContent;"""


async def test_a_node_s_own_time_limit_keeps_picture_and_trace_and_nothing_is_clicked_later(tmp_path: Path):
    steps = [
        ("start", "control.start", {}),
        ("open", "browser.open", {"url": VEILED}),
        ("go", "browser.click", {"selector": "text=Go", "waitSeconds": 60}),
        ("look", "browser.script", {"code": UNVEIL}),
    ]
    nodes = [{"id": name, "type": kind, "config": config} for name, kind, config in steps]
    nodes[2] |= {"timeoutSeconds": 1.5, "onError": "continue"}
    edges = [{"from": a["id"], "to": b["id"]} for a, b in pairwise(nodes)]
    graph = {"schemaVersion": 1, "nodes": nodes, "edges": edges, "output": {"said": "{{ nodes.look.output.result }}"}}
    witness = Witness()
    plan = compile_plan(graph_from(graph), declarations())
    outcome = await execute(plan, RunRequest("e1", tmp_path), witness, node_types())
    assert (outcome.status, outcome.output) == ("completed", {"said": ""}), outcome.failure
    [late] = [event.failure for event in witness.events if event.failure is not None]
    assert (late.code, late.retryable) == ("TIMEOUT", True)
    assert {late.details[kind]["name"] for kind in ("screenshot", "trace")} == set(witness.artifacts)
    assert set(witness.artifacts) == {"go-failure.png", "go-trace.zip"}
