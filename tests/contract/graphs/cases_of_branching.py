"""Ports, variables, and that a node runs once per scope, as cases of `test_semantics`."""

from tests.contract.graphs.pieces import IF, JOIN_ANY, SWITCH, attempt, each
from tests.contract.graphs.world import compute, graph, node, put

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
