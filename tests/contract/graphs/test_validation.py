"""What validation finds: every kind of problem with its node and its JSON pointer."""

import json
from typing import Any

import pytest

from runner.workflow.graph_reader import graph_from, parse_graph
from runner.workflow.problems import InvalidGraphError
from runner.workflow.validation import validate_bytes, validate_document, validate_graph
from tests.contract.graphs.world import CATALOGUE, START, compute, fail, graph, level, node, put

IF = node("i", "control.if", {"condition": "inputs.x"})


def loop(nodes: list[dict[str, Any]], edges: str = "", **config: Any) -> dict[str, Any]:
    return node("l", "control.forEach", {"items": [1], **config}, body=level(nodes, edges))


def attempt(body: list[dict[str, Any]], **levels: Any) -> dict[str, Any]:
    return node("t", "control.try", body=level(body), **{name: level(nodes) for name, nodes in levels.items()})


ERRORS = {
    "no start": ({"nodes": [], "edges": []}, None, "/nodes", "no start"),
    "two starts": (graph([node("s2", "control.start")]), "s2", "/nodes/1", "one start only"),
    "start inside": (graph([loop([node("x", "control.start")])]), "x", "/nodes/1/body/nodes/0", "at the top only"),
    "edge to the start": (graph([compute("a", "1")], "s>a a>s"), "s", "/edges/1", "No edge may lead to the start"),
    "unknown type": (graph([node("a", "no.such")]), "a", "/nodes/1/type", "no node type 'no.such'"),
    "missing config": (graph([node("a", "control.delay")]), "a", "/nodes/1/config", "'seconds' is missing"),
    "wrong type": (
        graph([node("a", "control.delay", {"seconds": "x"})]),
        "a",
        "/nodes/1/config/seconds",
        "is not of type 'number'",
    ),
    "unknown field": (
        graph([node("a", "control.delay", {"seconds": 1, "minutes": 1})]),
        "a",
        "/nodes/1/config",
        "no field 'minutes'",
    ),
    "deep in a config": (
        graph([node("w", "control.switch", {"value": 1, "cases": [{"value": 1, "port": "a b"}]})]),
        "w",
        "/nodes/1/config/cases/0/port",
        "does not match",
    ),
    "missing body": (graph([node("l", "control.forEach", {"items": []})]), "l", "/nodes/1", "needs a 'body'"),
    "body where none belongs": (graph([compute("a", "1", body=level([]))]), "a", "/nodes/1/body", "has no 'body'"),
    "unknown port": (
        graph([IF, compute("a", "1")], "s>i i:maybe>a"),
        "i",
        "/edges/1/port",
        "no port 'maybe'; there are: true, false",
    ),
    "error without errorPort": (
        graph([fail(), compute("a", "1")], "s>bad bad:error>a"),
        "bad",
        "/edges/1/port",
        "errorPort",
    ),
    "edge to nowhere": (graph([compute("a", "1")], "s>a a>b"), None, "/edges/1/to", "no node 'b'"),
    "edge over a border": (
        graph([loop([compute("a", "1")]), compute("b", "1")], "s>l l>b l>a"),
        "a",
        "/edges/2/to",
        "crosses the border",
    ),
    "cycle": (graph([compute("a", "1"), compute("b", "1")], "s>a a>b b>a"), "b", "/nodes/2", "part of a cycle"),
    "cycle in a body": (
        graph([loop([compute("a", "1"), compute("b", "1")], "a>b b>a")]),
        "a",
        "/nodes/1/body/nodes/0",
        "part of a cycle",
    ),
    "loop to itself": (graph([compute("a", "1")], "s>a a>a"), "a", "/nodes/1", "part of a cycle"),
    "unreachable": (graph([compute("a", "1"), compute("b", "1")], "s>a"), "b", "/nodes/2", "No way leads"),
    "broken expression": (
        graph([put("a", v="{{ 1 + }}")], variables="v"),
        "a",
        "/nodes/1/config/values/v",
        "no expression",
    ),
    "open braces": (graph([put("a", v="x {{ 1")], variables="v"), "a", "/nodes/1/config/values/v", "no `}}`"),
    "more than one expression in a condition": (
        graph([node("i", "control.if", {"condition": "{{ 1 }} and {{ 2 }}"})]),
        "i",
        "/nodes/1/config/condition",
        "one expression",
    ),
    "unknown node": (graph([compute("a", "nodes.b.output")]), "a", "/nodes/1/config/expression", "no node 'b'"),
    "unknown node inside default": (
        graph([compute("a", "default(nodes.b.output, 1)")]),
        "a",
        "/nodes/1/config/expression",
        "no node 'b'",
    ),
    "a node that runs later": (
        graph([compute("a", "nodes.b.output"), compute("b", "1")]),
        "a",
        "/nodes/1/config/expression",
        "may not have run",
    ),
    "itself": (graph([compute("a", "nodes.a.output")]), "a", "/nodes/1/config/expression", "may not have run"),
    "a node beside": (
        graph([compute("a", "1"), compute("b", "nodes.a.output")], "s>a s>b"),
        "b",
        "/nodes/2/config/expression",
        "may not have run",
    ),
    "a node in a branch": (
        graph([IF, compute("a", "1"), compute("b", "nodes.a.output")], "s>i i:true>a i:false>b a>b"),
        "b",
        "/nodes/3/config/expression",
        "may not have run",
    ),
    "behind join any": (
        graph(
            [
                compute("a", "1"),
                compute("b", "1"),
                node("j", "control.join", {"mode": "any"}),
                compute("c", "nodes.a.output"),
            ],
            "s>a s>b a>j b>j j>c",
        ),
        "c",
        "/nodes/4/config/expression",
        "may not have run",
    ),
    "a body that may have failed": (
        graph([attempt([compute("a", "1")], catch=[]), compute("b", "nodes.a.output")]),
        "b",
        "/nodes/2/config/expression",
        "may not have run",
    ),
    "a body seen from its catch": (
        graph([attempt([compute("a", "1")], catch=[compute("b", "nodes.a.output")])]),
        "b",
        "/nodes/1/catch/nodes/0/config/expression",
        "may not have run",
    ),
    "the inside of a loop": (
        graph([loop([compute("a", "1")]), compute("b", "nodes.a.output")]),
        "b",
        "/nodes/2/config/expression",
        "inside the loop 'l'",
    ),
    "a disabled node": (
        graph([compute("a", "1", disabled=True), compute("b", "nodes.a.output")]),
        "b",
        "/nodes/2/config/expression",
        "is disabled",
    ),
    "an output of a branch": (
        graph([IF, compute("a", "1")], "s>i i:true>a", output={"x": ["{{ nodes.a.output }}"]}),
        None,
        "/output/x/0",
        "may not have run",
    ),
    "unknown variable": (
        graph([compute("a", "vars.b")], variables="c"),
        "a",
        "/nodes/1/config/expression",
        "no variable 'b'",
    ),
    "unknown variable written": (graph([put("a", b=1)]), "a", "/nodes/1/config/values/b", "no variable 'b'"),
    "item outside": (graph([compute("a", "item.x")]), "a", "/nodes/1/config/expression", "only inside a forEach"),
    "a loop that is not around": (
        graph([loop([]), compute("a", "loops.l.item")]),
        "a",
        "/nodes/2/config/expression",
        "no loop 'l'",
    ),
    "a retry that repeats": (
        graph([put("a", v=1) | {"retry": {"maxAttempts": 2}}], variables="v"),
        "a",
        "/nodes/1/retry",
        "twice",
    ),
    "a retry of a container": (graph([loop([]) | {"retry": {"maxAttempts": 2}}]), "l", "/nodes/1/retry", "container"),
    "onLost retry": (
        graph([put("a", v=1)], variables="v", settings={"onLost": "retry"}),
        "a",
        "/settings/onLost",
        "twice",
    ),
    "the workflow's retry": (
        graph([put("a", v=1)], variables="v", settings={"retry": {"maxAttempts": 2}}),
        "a",
        "/settings/retry",
        "twice",
    ),
    "unknown setting": (graph([], settings={"speed": 1}), None, "/settings/speed", "no setting 'speed'"),
    "a key that reads too much": (
        graph([], settings={"concurrency": {"key": "{{ vars.x }}", "limit": 1}}, variables="x"),
        None,
        "/settings/concurrency/key",
        "may use inputs",
    ),
    "same id twice": (
        graph([compute("a", "1"), loop([compute("a", "1")])], "s>a a>l"),
        "a",
        "/nodes/2/body/nodes/0/id",
        "already",
    ),
    "no id": (graph([]) | {"nodes": [START, {"type": "control.join"}]}, None, "/nodes/1/id", "missing"),
    "bad id": (graph([compute("a b", "1")], "s>a"), "a b", "/nodes/1/id", "no node id"),
    "a node that is none": (graph([]) | {"nodes": [START, 5]}, None, "/nodes/1", "not a number"),
    "variable twice": (graph([]) | {"variables": [{"name": "a"}, {"name": "a"}]}, None, "/variables/1/name", "twice"),
    "a default of the wrong type": (
        graph([]) | {"inputs": [{"name": "a", "type": "integer", "default": "x"}]},
        None,
        "/inputs/0/default",
        "integer",
    ),
    "an unknown input type": (
        graph([]) | {"inputs": [{"name": "a", "type": "money"}]},
        None,
        "/inputs/0/type",
        "one of",
    ),
    "wrong onError": (graph([compute("a", "1", onError="ignore")]), "a", "/nodes/1/onError", "one of"),
    "negative timeout": (graph([compute("a", "1", timeoutSeconds=-1)]), "a", "/nodes/1/timeoutSeconds", "between"),
    "wrong schema version": (graph([]) | {"schemaVersion": 2}, None, "/schemaVersion", "schemaVersion 1"),
    "nodes that are no list": ({"nodes": {}}, None, "/nodes", "must be a list"),
    "no object": ([], None, "", "JSON object"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_names_the_node_and_the_place(name):
    document, node_id, pointer, message = ERRORS[name]
    read, problems = validate_document(document, CATALOGUE)
    errors = [problem for problem in problems if problem.severity == "error"]
    assert read is None
    assert [p for p in errors if (p.node_id, p.pointer) == (node_id, pointer) and message in p.message], errors


WARNINGS = {
    "undeclared input": (graph([compute("a", "inputs.b")]), "a", "/nodes/1/config/expression", "not declared"),
    "branches that write one variable": (
        graph([put("a", v=1), put("b", v=2)], "s>a s>b", "v"),
        "b",
        "/nodes/2",
        "may run at the same time",
    ),
    "parallel turns that write": (
        graph([loop([put("a", v=1)], parallel=2)], variables="v"),
        "a",
        "/nodes/1/body/nodes/0",
        "at the same time",
    ),
    "braces in code": (
        graph([node("a", "data.transform", {"jmespath": "{{ x }}"})]),
        "a",
        "/nodes/1/config/jmespath",
        "is code",
    ),
    "an error port that leads nowhere": (graph([fail(onError="errorPort")]), "bad", "/nodes/1/onError", "in silence"),
    "a try that changes nothing": (graph([attempt([])]), "t", "/nodes/1", "changes nothing"),
    "an unknown field of a node": (graph([compute("a", "1", colour="red")]), "a", "/nodes/1/colour", "ignored"),
}


@pytest.mark.parametrize("name", WARNINGS)
def test_a_warning_names_the_node_and_the_place_and_stops_nothing(name):
    document, node_id, pointer, message = WARNINGS[name]
    read, problems = validate_document(document, CATALOGUE)
    assert read is not None
    found = [p for p in problems if (p.node_id, p.pointer) == (node_id, pointer) and message in p.message]
    assert [problem.severity for problem in found] == ["warning"], problems


FINE = {
    "a fork that is joined": graph(
        [compute("a", "1"), compute("b", "2"), compute("c", "nodes.a.output + nodes.b.output")], "s>a s>b a>c b>c"
    ),
    "both branches lead there": graph(
        [IF, compute("a", "1"), compute("b", "2"), compute("c", "3"), compute("d", "nodes.c.output")],
        "s>i i:true>a i:false>b a>c b>c c>d",
    ),
    "the node before a branch": graph([compute("z", "1"), IF, compute("a", "nodes.z.output")], "s>z z>i i:true>a"),
    "a guarded reference": graph(
        [IF, compute("a", "1"), compute("b", "nodes.a.output if inputs.x else 0")], "s>i i:true>a i:false>b a>b"
    ),
    "an outer node from inside": graph([compute("a", "[1]"), loop([compute("b", "nodes.a.output")])]),
    "a body that went well": graph(
        [
            attempt([compute("a", "1")], **{"finally": [compute("f", "2")]}),
            compute("b", "nodes.a.output + nodes.f.output"),
        ]
    ),
    "the failure inside catch": graph([attempt([fail()], catch=[compute("c", "nodes.t.output.failure.code")])]),
    "branches that exclude each other write": graph([IF, put("a", v=1), put("b", v=2)], "s>i i:true>a i:false>b", "v"),
    "templates instead of numbers and choices": graph(
        [
            node("a", "control.delay", {"seconds": "{{ inputs.x }}"}),
            node("j", "control.join", {"mode": "{{ inputs.m }}"}),
        ]
    ),
    "a retry that was allowed": graph(
        [put("a", v=1) | {"retry": {"maxAttempts": 2}}],
        variables="v",
        settings={"allowRepeat": True, "onLost": "retry"},
    ),
    "a node that says it is repeatable": graph(
        [put("a", v=1) | {"retry": {"maxAttempts": 2}, "repeatable": True}], variables="v", settings={"onLost": "retry"}
    ),
}


@pytest.mark.parametrize("name", FINE)
def test_what_is_right_has_no_errors(name):
    _, problems = validate_document(FINE[name], CATALOGUE)
    assert [problem for problem in problems if problem.severity == "error"] == []
    assert not [problem for problem in problems if "at the same time" in problem.message]


def test_all_problems_are_collected():
    document = graph([node("a", "no.such"), compute("b", "1 +"), compute("c", "vars.x")], "s>a a>b a:x>c")
    _, problems = validate_document(document, CATALOGUE)
    assert {"/nodes/1/type", "/nodes/2/config/expression", "/nodes/3/config/expression"} <= {
        p.pointer for p in problems
    }


BYTES = {
    "duplicate key": (b'{"nodes": [], "nodes": []}', "stands twice"),
    "NaN": (b'{"nodes": [NaN]}', "NaN is not"),
    "infinity": (b'{"x": -Infinity}', "not a JSON number"),
    "overflow": (b'{"x": 1e999}', "too large"),
    "long number": (b'{"x": ' + b"9" * 500 + b"}", "digits"),
    "NUL": (b'{"x": "a\\u0000"}', "NUL"),
    "lone surrogate": (b'{"x": ["\\ud800"]}', "surrogate"),
    "not UTF-8": (b'{"x": "\xff"}', "not UTF-8"),
    "not JSON": (b"{", "not JSON"),
    "too deep": (b"[" * 65 + b"]" * 65, "deeper than 64"),
    "far too deep": (b"[" * 100_000, "deeper than 64"),
    "too large": (b" " * (4 * 1024 * 1024 + 1), "are allowed"),
}


@pytest.mark.parametrize("name", BYTES)
def test_bytes_that_must_not_be_stored_are_refused(name):
    data, message = BYTES[name]
    read, problems = validate_bytes(data, CATALOGUE)
    assert read is None
    assert message in problems[0].message


def test_brackets_inside_texts_are_no_depth():
    assert validate_bytes(json.dumps(graph([compute("a", "'" + "[" * 100 + '\\"' + "'")])).encode(), CATALOGUE)[0]


def test_limits_on_nodes_and_depth():
    many = graph([compute(f"n{i}", "1") for i in range(2_001)])
    with pytest.raises(InvalidGraphError, match="more than 2000 nodes"):
        parse_graph(json.dumps(many).encode())
    inner: dict[str, Any] = level([])
    for depth in range(17):
        inner = level([node(f"l{depth}", "control.forEach", {"items": []}, body=inner)])
    with pytest.raises(InvalidGraphError, match="deeper than 16"):
        graph_from({"nodes": [START, *inner["nodes"]], "edges": []})


W1, W2, W3 = (f"{n}1111111-1111-4111-8111-111111111111" for n in "123")


def test_missing_capabilities_and_recursion_are_found_when_asked_for():
    call = node("c", "control.subworkflow", {"workflowId": W2})
    calls = {W2: [W3], W3: [W1]}
    problems = validate_graph(graph_from(graph([call])), CATALOGUE, workflow_id=W1, calls_of=lambda w: calls.get(w, []))
    assert [p.message for p in problems if p.pointer.endswith("workflowId")] == [
        f"The workflow would call itself: {W1} → {W2} → {W3} → {W1}."
    ]


def test_every_example_of_a_node_type_fits_its_schema():
    for declaration in CATALOGUE.values():
        bodies = {name: level([]) for name in declaration.containers}
        document = graph([node("x", declaration.type, declaration.example, **bodies)])
        _, problems = validate_document(document, CATALOGUE)
        wrong = [p for p in problems if "/config" in p.pointer and p.severity == "error"]
        named = ("There is no", "may not have run", "only inside")
        assert not [p for p in wrong if not any(words in p.message for words in named)], declaration.type


def test_an_approval_inside_a_container_is_refused_and_a_long_delay_there_is_warned_of():
    ask = node("ask", "control.approval", {"title": "Pay?"})
    nap = node("nap", "control.delay", {"seconds": 3600})
    inside = graph([node("t", "control.try", body=level([ask, nap], "ask:approved>nap"), finally_=level([]))])
    found = {(p.node_id, p.severity) for p in validate_graph(graph_from(inside), CATALOGUE)}
    assert {("ask", "error"), ("nap", "warning")} <= found
    outside = graph([ask, nap], "s>ask ask:approved>nap")
    assert not validate_graph(graph_from(outside), CATALOGUE)


def test_a_call_is_not_tried_again_as_a_whole():
    call = node("c", "control.subworkflow", {"workflowId": W1}, retry={"maxAttempts": 2}, repeatable=True)
    pointers = [p.pointer for p in validate_graph(graph_from(graph([call])), CATALOGUE) if p.severity == "error"]
    assert pointers == ["/nodes/1/retry"]
