"""The difference of two versions."""

from runner.workflow.diff import graph_difference
from runner.workflow.graph_reader import graph_from
from tests.contract.graphs.world import compute, graph, level, node, put


def difference(old, new):
    return graph_difference(graph_from(old), graph_from(new))


def test_equal_graphs_differ_in_nothing():
    document = graph([compute("a", "1"), put("b", v=1)], variables="v")
    found = difference(document, graph([compute("a", "1"), put("b", v=1)], variables="v"))
    assert found["nodes"] == {"added": [], "removed": [], "changed": []}
    assert found["edges"] == {"added": [], "removed": []}
    assert found["changes"] == []
    assert not found["layoutOnly"]


def test_added_removed_and_changed_nodes_are_named_with_their_changes():
    old = graph([compute("a", "1"), put("b", v=1, w=2)], variables="v w")
    new = graph([put("b", v=1.5, x=2), compute("c", "1")], variables="v w x")
    found = difference(old, new)
    assert [entry["id"] for entry in found["nodes"]["added"]] == ["c"]
    assert [entry["id"] for entry in found["nodes"]["removed"]] == ["a"]
    [changed] = found["nodes"]["changed"]
    assert (changed["id"], changed["pointer"]) == ("b", "/nodes/1")
    assert changed["changes"] == [
        {"pointer": "/config/values/v", "old": 1, "new": 1.5},
        {"pointer": "/config/values/w", "old": 2},
        {"pointer": "/config/values/x", "new": 2},
    ]
    assert found["changes"] == [
        {"pointer": "/variables", "old": old["variables"], "new": new["variables"]},
    ]


def test_edges_are_compared_by_what_they_connect():
    old = graph([compute("a", "1"), compute("b", "1")], "s>a a>b")
    new = graph([compute("a", "1"), compute("b", "1")], "s>a s>b")
    for edge in new["edges"]:
        edge["id"] += "-drawn-again"
    found = difference(old, new)["edges"]
    assert [(edge["from"], edge["to"]) for edge in found["added"]] == [("s", "b")]
    assert [(edge["from"], edge["to"]) for edge in found["removed"]] == [("a", "b")]


def test_a_change_inside_a_loop_belongs_to_the_inner_node():
    def drawn(expression):
        return graph([node("l", "control.forEach", {"items": []}, body=level([compute("a", expression)]))])

    [changed] = difference(drawn("1"), drawn("2"))["nodes"]["changed"]
    assert (changed["id"], changed["changes"]) == ("a", [{"pointer": "/config/expression", "old": "1", "new": "2"}])


def test_a_node_that_moved_into_a_loop_says_so():
    old = graph([node("l", "control.forEach", {"items": []}, body=level([])), compute("a", "1")])
    new = graph([node("l", "control.forEach", {"items": []}, body=level([compute("a", "1")]))])
    [changed] = difference(old, new)["nodes"]["changed"]
    assert changed["changes"] == [{"pointer": "", "old": None, "new": "l/body", "moved": True}]


def test_nodes_that_were_only_moved_on_the_canvas_are_a_change_of_layout():
    old = graph([compute("a", "1", position={"x": 0, "y": 0})])
    new = graph([compute("a", "1", position={"x": 9, "y": 0})])
    assert difference(old, new)["layoutOnly"]
    new["output"] = 1
    assert not difference(old, new)["layoutOnly"]
