"""Loops, and the arithmetic of expressions, as cases of `test_semantics`."""

from tests.contract.graphs.pieces import each, while_
from tests.contract.graphs.world import compute, fail, fail_later, graph, node, put

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
