"""The sentences of the workflow model's "Semantics", each with the graphs that show it.

A case is (graph, inputs, expected status, expected output, expected story); None leaves a part open. The story lists
how node runs ended, in order.
"""

from typing import Any

import pytest

from runner.workflow.validation import validate_document
from tests.contract.graphs.world import CATALOGUE, compute, fail, fail_later, graph, level, node, put, run

IF = node("i", "control.if", {"condition": "{{ inputs.x > 1 }}"})
SWITCH = node(
    "w",
    "control.switch",
    {
        "value": "{{ inputs.x }}",
        "cases": [{"value": 1, "port": "one"}, {"value": 1, "port": "again"}, {"value": "{{ 1 + 1 }}", "port": "two"}],
    },
)
JOIN_ANY = node("j", "control.join", {"mode": "any"})


def each(items: Any, nodes: list[dict[str, Any]], edges: str = "", node_id: str = "l", **config: Any) -> dict[str, Any]:
    return node(node_id, "control.forEach", {"items": items, **config}, body=level(nodes, edges))


def while_(condition: Any, nodes: list[dict[str, Any]], edges: str = "", **config: Any) -> dict[str, Any]:
    return node("w", "control.while", {"condition": condition, **config}, body=level(nodes, edges))


def attempt(body: list[dict[str, Any]], **levels: Any) -> dict[str, Any]:
    more = {name: level(nodes) for name, nodes in levels.items() if isinstance(nodes, list)}
    rest = {name: value for name, value in levels.items() if name not in more}
    return node("t", "control.try", body=level(body), **more, **rest)


async def test_global_variables_are_read_and_a_missing_one_fails_the_node() -> None:
    doubled = graph([compute("a", "globals.rate * 2")], "s>a", output="{{ nodes.a.output }}")
    ran = await run(doubled, globals={"rate": 4})
    assert (ran.outcome.status, ran.outcome.output) == ("completed", 8)
    assert (await run(doubled, globals={"pace": 4})).outcome.status == "failed"


PORTS = {
    "if takes true": (
        graph([IF, put("a", v=1), put("b", v=2)], "s>i i:true>a i:false>b", "v", output="{{ vars.v }}"),
        {"x": 2},
        "completed",
        1,
        ["s:completed", "i:completed", "b:skipped", "a:completed"],
    ),
    "if takes false": (
        graph([IF, put("a", v=1), put("b", v=2)], "s>i i:true>a i:false>b", "v", output="{{ vars.v }}"),
        {"x": 1},
        "completed",
        2,
        ["s:completed", "i:completed", "a:skipped", "b:completed"],
    ),
    "a condition may be a bare expression": (
        graph([node("i", "control.if", {"condition": "inputs.x == 'y'"}), put("a", v=1)], "s>i i:true>a", "v"),
        {"x": "y"},
        "completed",
        None,
        ["s:completed", "i:completed", "a:completed"],
    ),
    "a condition may be a JSON boolean": (
        graph([node("i", "control.if", {"condition": False}), put("a", v=1)], "s>i i:true>a", "v"),
        {},
        "completed",
        None,
        ["s:completed", "i:completed", "a:skipped"],
    ),
    "switch takes the first equal case": (
        graph(
            [SWITCH, put("a", v=1), put("b", v=2), put("c", v=3), put("d", v=4)],
            "s>w w:one>a w:again>b w:two>c w:default>d",
            "v",
            output="{{ vars.v }}",
        ),
        {"x": 1},
        "completed",
        1,
        None,
    ),
    "switch fills in its cases": (
        graph([SWITCH, put("c", v=3), put("d", v=4)], "s>w w:two>c w:default>d", "v", output="{{ vars.v }}"),
        {"x": 2},
        "completed",
        3,
        None,
    ),
    "switch takes default when nothing is equal": (
        graph([SWITCH, put("c", v=3), put("d", v=4)], "s>w w:two>c w:default>d", "v", output="{{ vars.v }}"),
        {"x": "1"},
        "completed",
        4,
        None,
    ),
    "true is not 1 for a switch": (
        graph([SWITCH, put("a", v=1), put("d", v=4)], "s>w w:one>a w:default>d", "v", output="{{ vars.v }}"),
        {"x": True},
        "completed",
        4,
        None,
    ),
    "start hands out the inputs": (
        graph([compute("a", "nodes.s.output.x")], output="{{ nodes.a.output }}"),
        {"x": [1]},
        "completed",
        [1],
        None,
    ),
    "a disabled node is passed over": (
        graph([compute("a", "1/0", disabled=True), put("b", v=1)], variables="v"),
        {},
        "completed",
        None,
        ["s:completed", "a:skipped", "b:completed"],
    ),
}

VARIABLES = {
    "there is one scope of variables, also inside loops": (
        graph(
            [each([1, 2, 3], [put("a", total="{{ vars.total + item }}")])], variables="total", output="{{ vars.total }}"
        ),
        {},
        "completed",
        6,
        None,
    ),
    "set computes all values before it writes any": (
        graph(
            [put("a", x=1, y=2), put("b", x="{{ vars.y }}", y="{{ vars.x }}")],
            variables="x y",
            output={"vars": "{{ vars }}", "set": "{{ nodes.b.output }}"},
        ),
        {},
        "completed",
        {"vars": {"x": 2, "y": 1}, "set": {"x": 2, "y": 1}},
        None,
    ),
    "a failed set writes nothing": (
        graph(
            [node("a", "data.set", {"values": {"x": 1, "y": "{{ 1 / 0 }}"}}, onError="continue")],
            variables="x y",
            output="{{ vars }}",
        ),
        {},
        "completed",
        {"x": 0, "y": 0},
        ["s:completed", "a:failed"],
    ),
}

ONCE_PER_SCOPE = {
    "a node waits until every incoming edge is decided": (
        graph(
            [node("d", "control.delay", {"seconds": 0.02}), put("a", v=1), compute("b", "vars.v")],
            "s>d s>b d>a a>b",
            "v",
            output="{{ nodes.b.output }}",
        ),
        {},
        "completed",
        1,
        ["s:completed", "d:completed", "a:completed", "b:completed"],
    ),
    "a node with one dead edge runs by the other": (
        graph([IF, put("a", v=1), put("b", v=2)], "s>i i:true>a a>b i:false>b", "v", output="{{ vars.v }}"),
        {"x": 0},
        "completed",
        2,
        ["s:completed", "i:completed", "a:skipped", "b:completed"],
    ),
    "dead paths propagate, each node skipped once": (
        graph([IF, put("a", v=1), put("b", v=2), put("c", v=3)], "s>i i:true>a i:true>b a>c b>c", "v"),
        {"x": 0},
        "completed",
        None,
        ["s:completed", "i:completed", "a:skipped", "b:skipped", "c:skipped"],
    ),
    "a skipped container is recorded by itself only": (
        graph([IF, each([1], [put("a", v=1)]), attempt([put("b", v=1)])], "s>i i:true>l l>t", "v"),
        {"x": 0},
        "completed",
        None,
        ["s:completed", "i:completed", "l:skipped", "t:skipped"],
    ),
    "join any runs at the first edge, once, and cancels nothing": (
        graph(
            [node("d", "control.delay", {"seconds": 0.03}), put("a", v=1), JOIN_ANY, compute("e", "vars.v")],
            "s>d s>j d>a a>j j>e",
            "v",
            output="{{ [nodes.e.output, vars.v] }}",
        ),
        {},
        "completed",
        [0, 1],
        ["s:completed", "j:completed", "e:completed", "d:completed", "a:completed"],
    ),
    "join any is skipped when every edge is dead": (
        graph([IF, put("a", v=1), JOIN_ANY], "s>i i:true>a i:true>j a>j", "v"),
        {"x": 0},
        "completed",
        None,
        ["s:completed", "i:completed", "a:skipped", "j:skipped"],
    ),
    "join any runs when the first edge decided is dead": (
        graph([IF, put("a", v=1), put("b", v=2), JOIN_ANY], "s>i i:true>a i:false>b a>j b>j", "v"),
        {"x": 0},
        "completed",
        None,
        ["s:completed", "i:completed", "a:skipped", "b:completed", "j:completed"],
    ),
    "join all waits for every branch": (
        graph(
            [node("d", "control.delay", {"seconds": 0.02}), put("a", v=1), node("j", "control.join", {})],
            "s>d s>a d>j a>j",
            "v",
        ),
        {},
        "completed",
        None,
        ["s:completed", "a:completed", "d:completed", "j:completed"],
    ),
    "the execution ends when every node is decided": (
        graph([node("d", "control.delay", {"seconds": 0.02}), put("a", v=1)], "s>d s>a", "v"),
        {},
        "completed",
        None,
        ["s:completed", "a:completed", "d:completed"],
    ),
    "a container ends when every node of its body is decided": (
        graph(
            [each([1], [node("d", "control.delay", {"seconds": 0.02}), put("a", v=1)]), put("z", v=9)], variables="v"
        ),
        {},
        "completed",
        None,
        ["s:completed", "l0/a:completed", "l0/d:completed", "l:completed", "z:completed"],
    ),
    "the path names the loops around, and try adds none": (
        graph([each([1], [each([1, 2], [attempt([put("a", v=1)], finally_=[])], node_id="m")])], variables="v"),
        {},
        "completed",
        None,
        [
            "s:completed",
            "l0/m0/a:completed",
            "l0/m0/t:completed",
            "l0/m1/a:completed",
            "l0/m1/t:completed",
            "l0/m:completed",
            "l:completed",
        ],
    ),
}

TRY = {
    "catch runs after a failure and sees it": (
        graph(
            [attempt([fail()], catch=[compute("c", "nodes.t.output.failure.code")])],
            output=["{{ nodes.t.output.failure.nodeId }}", "{{ default(nodes.c.output, 0) }}"],
        ),
        {},
        "completed",
        ["bad", "EXPRESSION_FAILED"],
        ["s:completed", "bad:failed", "c:completed", "t:completed"],
    ),
    "catch does not run without a failure": (
        graph(
            [attempt([put("a", v=1)], catch=[put("c", v=2)])],
            variables="v",
            output="{{ [vars.v, nodes.t.output.failure] }}",
        ),
        {},
        "completed",
        [1, None],
        ["s:completed", "a:completed", "t:completed"],
    ),
    "without catch: finally, then the failure goes on": (
        graph([attempt([fail()], **{"finally": [put("f", v=1)]}), put("z", v=2)], variables="v"),
        {},
        "failed",
        None,
        ["s:completed", "bad:failed", "f:completed", "t:failed"],
    ),
    "finally runs after a body that ended well": (
        graph([attempt([put("a", v=1)], **{"finally": [put("f", v=2)]}), put("z", v=3)], variables="v"),
        {},
        "completed",
        None,
        ["s:completed", "a:completed", "f:completed", "t:completed", "z:completed"],
    ),
    "finally runs after a failed catch": (
        graph([attempt([fail()], catch=[fail("worse")], **{"finally": [put("f", v=1)]})], variables="v"),
        {},
        "failed",
        None,
        ["s:completed", "bad:failed", "worse:failed", "f:completed", "t:failed"],
    ),
    "a failed finally is the failure": (
        graph([attempt([put("a", v=1)], **{"finally": [fail("f")]})], variables="v"),
        {},
        "failed",
        None,
        ["s:completed", "a:completed", "f:failed", "t:failed"],
    ),
    "finally does not run after a stop": (
        graph(
            [attempt([node("x", "control.stop", {})], catch=[put("c", v=1)], **{"finally": [put("f", v=1)]})],
            variables="v",
        ),
        {},
        "completed",
        None,
        ["s:completed", "x:completed", "t:stopped"],
    ),
    "the try around catches what the try inside lets go": (
        graph(
            [
                attempt(
                    [node("u", "control.try", body=level([fail()]), **{"finally": level([put("f", v=1)])})],
                    catch=[put("c", v="{{ vars.v + 1 }}")],
                )
            ],
            variables="v",
            output="{{ vars.v }}",
        ),
        {},
        "completed",
        2,
        ["s:completed", "bad:failed", "f:completed", "u:failed", "c:completed", "t:completed"],
    ),
    "what runs beside a failure in the body is stopped before catch": (
        graph(
            [
                attempt(
                    [node("n", "test.wait"), node("bad", "test.flaky", {"failures": 9, "retryable": False})],
                    catch=[put("c", v=1)],
                )
            ],
            variables="v",
        ),
        {},
        "completed",
        None,
        ["s:completed", "bad:failed", "n:stopped", "c:completed", "t:completed"],
    ),
    "nodes of the body that were not reached have no run": (
        graph([node("t", "control.try", body=level([fail(), put("a", v=1)], "bad>a"), catch=level([]))], variables="v"),
        {},
        "completed",
        None,
        ["s:completed", "bad:failed", "t:completed"],
    ),
}

ON_ERROR = {
    "continue: recorded failed, out taken": (
        graph([fail(onError="continue"), put("a", v=1)], variables="v", output="{{ vars.v }}"),
        {},
        "completed",
        1,
        ["s:completed", "bad:failed", "a:completed"],
    ),
    "continue: the failure can be read": (
        graph([fail(onError="continue"), compute("a", "nodes.bad.output.failure.code")], output="{{ nodes.a.output }}"),
        {},
        "completed",
        "EXPRESSION_FAILED",
        None,
    ),
    "errorPort: error taken, out dead": (
        graph([fail(onError="errorPort"), put("a", v=1), put("e", v=2)], "s>bad bad>a bad:error>e", "v"),
        {},
        "completed",
        None,
        ["s:completed", "bad:failed", "a:skipped", "e:completed"],
    ),
    "errorPort: without a failure error is dead": (
        graph([compute("ok", "1", onError="errorPort"), put("a", v=1), put("e", v=2)], "s>ok ok>a ok:error>e", "v"),
        {},
        "completed",
        None,
        ["s:completed", "ok:completed", "e:skipped", "a:completed"],
    ),
    "errorPort works on a container": (
        graph(
            [each([1], [fail()]) | {"onError": "errorPort"}, put("e", v=2)],
            "s>l l:error>e",
            "v",
            output="{{ nodes.l.output.failure.nodeId }}",
        ),
        {},
        "completed",
        "bad",
        ["s:completed", "l0/bad:failed", "l:failed", "e:completed"],
    ),
    "an uncaught failure ends it at once, containers around are failed": (
        graph([each([1, 2], [fail()]), put("z", v=1)], variables="v"),
        {},
        "failed",
        None,
        ["s:completed", "l0/bad:failed", "l:failed"],
    ),
    "an uncaught failure stops what runs beside it": (
        graph([node("n", "test.wait"), fail_later(), put("z", v=1)], "s>n s>bad n>z", "v"),
        {},
        "failed",
        None,
        ["s:completed", "bad:failed", "n:stopped"],
    ),
}

STOP = {
    "stop ends as success with the output": (
        graph(
            [put("a", v=5), node("x", "control.stop", {"status": "success"}), put("b", v=6)],
            variables="v",
            output={"v": "{{ vars.v }}", "b": "{{ nodes.b.output }}"},
        ),
        {},
        "completed",
        {"v": 5, "b": None},
        ["s:completed", "a:completed", "x:completed"],
    ),
    "stop ends as failure with its message": (
        graph([node("x", "control.stop", {"status": "fail", "message": "no {{ inputs.what }}"})]),
        {"what": "money"},
        "failed",
        "no money",
        ["s:completed", "x:completed"],
    ),
    "stop ends from any depth, containers around are stopped": (
        graph(
            [
                each(
                    [1, 2],
                    [attempt([while_(True, [node("x", "control.stop", {"status": "fail"})])], catch=[put("c", v=1)])],
                )
            ],
            variables="v",
        ),
        {},
        "failed",
        None,
        ["s:completed", "l0/w0/x:completed", "l0/w:stopped", "l0/t:stopped", "l:stopped"],
    ),
    "stop stops what runs beside it": (
        graph([node("n", "test.wait"), node("y", "test.echo"), node("x", "control.stop", {})], "s>n s>y y>x"),
        {},
        "completed",
        None,
        ["s:completed", "y:completed", "x:completed", "n:stopped"],
    ),
}

LOOPS = {
    "an empty forEach completes by out": (
        graph([each([], [put("a", v=1)]), put("z", v=2)], variables="v"),
        {},
        "completed",
        None,
        ["s:completed", "l:completed", "z:completed"],
    ),
    "a while that is false at once completes by out": (
        graph([while_("{{ vars.v > 0 }}", [put("a", v=1)]), put("z", v=2)], variables="v"),
        {},
        "completed",
        None,
        ["s:completed", "w:completed", "z:completed"],
    ),
    "the condition is read before each turn": (
        graph(
            [while_("{{ vars.v < 3 }}", [put("a", v="{{ vars.v + 1 }}")])],
            variables="v",
            output="{{ [vars.v, nodes.w.output.count] }}",
        ),
        {},
        "completed",
        [3, 3],
        ["s:completed", "w0/a:completed", "w1/a:completed", "w2/a:completed", "w:completed"],
    ),
    "a while fails after its most turns": (
        graph([while_(True, [put("a", v="{{ vars.v + 1 }}")], maxIterations=2)], variables="v"),
        {},
        "failed",
        None,
        ["s:completed", "w0/a:completed", "w1/a:completed", "w:failed"],
    ),
    "a while's condition may read the turn before": (
        graph(
            [while_("default(nodes.a.output, 0) < 2", [compute("a", "loops.w.index + 1")])],
            output="{{ nodes.w.output.count }}",
        ),
        {},
        "completed",
        2,
        None,
    ),
    "item and index mean the innermost forEach": (
        graph(
            [
                each(
                    ["a", "b"],
                    [
                        each(
                            [1, 2],
                            [put("p", r="{{ vars.r + [item, index, loops.l.item, loops.l.index] }}")],
                            node_id="m",
                        )
                    ],
                )
            ],
            variables="",
            output="{{ vars.r }}",
        )
        | {"variables": [{"name": "r", "initial": []}]},
        {},
        "completed",
        [1, 0, "a", 0, 2, 1, "a", 0, 1, 0, "b", 1, 2, 1, "b", 1],
        None,
    ),
    "item inside a while is that of the forEach around": (
        graph(
            [each([7], [while_("loops.w.index < 1", [put("p", v="{{ item }}")])])], variables="v", output="{{ vars.v }}"
        ),
        {},
        "completed",
        7,
        None,
    ),
    "a turn does not see the outputs of another": (
        graph(
            [each([1, 2], [compute("a", "default(nodes.b.output, 'none')"), compute("b", "item")], "a>b", node_id="l")]
        ),
        {},
        "completed",
        None,
        None,
    ),
    "turns run one after the other by default": (
        graph([each([0.02, 0], [node("d", "control.delay", {"seconds": "{{ item }}"})])]),
        {},
        "completed",
        None,
        ["s:completed", "l0/d:completed", "l1/d:completed", "l:completed"],
    ),
    "turns run at the same time when asked": (
        graph([each([0.05, 0, 0], [node("d", "control.delay", {"seconds": "{{ item }}"})], parallel=2)]),
        {},
        "completed",
        None,
        ["s:completed", "l1/d:completed", "l2/d:completed", "l0/d:completed", "l:completed"],
    ),
    "a failing turn stops the others": (
        graph(
            [
                each(
                    [1, 2],
                    [node("i", "control.if", {"condition": "item == 2"}), fail_later(), node("n", "test.wait")],
                    "i:true>bad i:false>n",
                    parallel=2,
                )
            ]
        ),
        {},
        "failed",
        None,
        None,
    ),
    "items that are no list fail the loop": (
        graph([each("{{ inputs.x }}", [])]),
        {"x": {"a": 1}},
        "failed",
        None,
        ["s:completed", "l:failed"],
    ),
}

ARITHMETIC = {
    "floor division and modulo are Python's": (
        graph([compute("a", "[-7 // 2, -7 % 2, 7 // -2, 7 % -2]")], output="{{ nodes.a.output }}"),
        {},
        "completed",
        [-4, 1, -4, -1],
        None,
    ),
    "division by zero fails the node": (graph([fail()]), {}, "failed", None, ["s:completed", "bad:failed"]),
}

CASES = {
    **PORTS, **VARIABLES, **ONCE_PER_SCOPE, **TRY, **ON_ERROR, **STOP, **LOOPS, **ARITHMETIC,
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
async def test_the_engine_does_what_the_model_says(name):
    document, inputs, status, output, story = CASES[name]
    ran = await run(document, inputs=inputs)
    assert ran.outcome.status == status, ran.outcome
    if story is not None:
        assert ran.story == story
    if output is not None:
        assert (ran.outcome.failure.message if status == "failed" else ran.outcome.output) == output


async def test_a_failing_turn_in_parallel_stops_its_neighbours_and_names_the_node():
    ran = await run(CASES["a failing turn stops the others"][0])
    assert "l0/n:stopped" in ran.story
    assert ran.outcome.failure is not None
    assert (ran.outcome.failure.node_id, ran.outcome.failure.code) == ("bad", "NODE_CRASHED")


# Its output reads a node that a stop keeps from running.
READS_WHAT_NEVER_RUNS = "stop ends as success with the output"


@pytest.mark.parametrize("name", [name for name in CASES if name != READS_WHAT_NEVER_RUNS])
def test_every_graph_of_the_model_passes_validation(name):
    _, problems = validate_document(CASES[name][0], CATALOGUE)
    assert [problem for problem in problems if problem.severity == "error"] == []
