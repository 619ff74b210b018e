"""What a fork reuses, when it is refused, and the variables it begins with."""

import json
from typing import Any

import pytest

from runner.workflow.graph_reader import graph_from
from services.kit.errors import DomainError
from services.scheduler.continuations.forks import check_edits, reused_nodes
from services.scheduler.continuations.repository import RecordedRun, Write
from services.scheduler.continuations.variables import variables_before, written_by_containers
from tests.contract.graphs.world import graph, level, node, put

DIAMOND = graph(
    [put("a", v=1), put("b", v=2), put("c", v=3), node("j", "control.join"), put("d", v=4)],
    "s>a a>b a>c b>j c>j j>d",
    variables="v w",
)


def run(node_id: str, port: str = "out", status: str = "COMPLETED") -> RecordedRun:
    return RecordedRun(node_id, status, port, b"{}", b"1", b"", b"")


def runs(*ids: str) -> list[RecordedRun]:
    return [run(node_id) for node_id in ids]


def reused(document: Any, done: list[RecordedRun], from_node: str, wanted: Any = None) -> tuple[str, ...]:
    return reused_nodes(graph_from(document), graph_from(wanted or document), done, from_node)


def refused(document: Any, done: list[RecordedRun], from_node: str, wanted: Any = None) -> DomainError:
    with pytest.raises(DomainError) as caught:
        reused(document, done, from_node, wanted)
    return caught.value


def test_everything_decided_that_is_not_behind_the_node_is_reused() -> None:
    everything = runs("s", "a", "b", "c", "j", "d")
    assert reused(DIAMOND, everything, "b") == ("a", "c", "s")
    assert reused(DIAMOND, everything, "d") == ("a", "b", "c", "j", "s")
    assert reused(DIAMOND, everything, "s") == ()


def test_a_parallel_branch_that_had_not_ended_runs_again() -> None:
    done = [*runs("s", "a"), run("b", "", "FAILED"), run("c", "", "STOPPED")]
    assert reused(DIAMOND, done, "b") == ("a", "s")


def test_a_failure_that_was_passed_over_is_reused() -> None:
    assert reused(DIAMOND, [*runs("s", "a", "c"), run("b", "out", "FAILED")], "j") == ("a", "b", "c", "s")


def test_a_node_behind_something_undecided_was_not_reached() -> None:
    error = refused(DIAMOND, [*runs("s", "a", "c"), run("b", "", "FAILED")], "j")
    assert (error.reason, error.facts["nodes"]) == ("NODE_NOT_REACHED", ["b"])


def test_a_node_on_a_way_that_was_not_taken_was_not_reached() -> None:
    forked = graph(
        [node("i", "control.if", {"condition": True}), put("y", v=1), put("n", v=1), put("nn", v=1)],
        "s>i i:true>y i:false>n n>nn",
        variables="v",
    )
    done = [*runs("s", "y"), run("i", "true")]
    assert reused(forked, done, "y") == ("i", "s")
    assert refused(forked, done, "n").reason == "NODE_NOT_REACHED"
    assert refused(forked, done, "nn").reason == "NODE_NOT_REACHED"


def test_unknown_nodes_and_nodes_inside_containers_are_refused() -> None:
    loop = graph([node("l", "control.forEach", {"items": [1]}, body=level([put("x", v=1)]))], variables="v")
    assert refused(loop, runs("s"), "nobody").reason == "NODE_UNKNOWN"
    inside = refused(loop, runs("s"), "x")
    assert inside.reason == "NODE_INSIDE"
    assert "'l'" in inside.message


def changed(node_id: str, **more: Any) -> Any:
    document = json.loads(json.dumps(DIAMOND))
    for each in document["nodes"]:
        if each["id"] == node_id:
            each.update(more)
    return document


def test_layout_and_names_do_not_matter_and_neither_does_what_lies_behind() -> None:
    everything = runs("s", "a", "b", "c", "j", "d")
    moved = changed("a", position={"x": 1, "y": 2}, name="Sum")
    assert reused(DIAMOND, everything, "j", moved) == ("a", "b", "c", "s")
    assert reused(DIAMOND, everything, "j", changed("d", config={"values": {"v": 9}})) == ("a", "b", "c", "s")
    assert reused(DIAMOND, everything, "j", changed("j", config={"mode": "any"})) == ("a", "b", "c", "s")


def test_versions_that_differ_before_the_node_are_refused_with_the_nodes() -> None:
    everything = runs("s", "a", "b", "c", "j", "d")
    error = refused(DIAMOND, everything, "j", changed("b", config={"values": {"v": 9}}))
    assert (error.reason, error.facts["nodes"]) == ("GRAPH_CHANGED", ["b"])
    rewired = {**DIAMOND, "edges": [edge for edge in DIAMOND["edges"] if edge["from"] != "c"]}
    assert refused(DIAMOND, everything, "j", rewired).facts["nodes"] == ["j"]


def write(node_id: str, variables: Any, output: Any = None, status: str = "COMPLETED") -> Write:
    return Write(node_id, status, json.dumps(output).encode(), json.dumps(variables).encode())


def test_variables_are_those_written_by_what_is_reused_in_order() -> None:
    loop = graph(
        [put("a", v=1), node("l", "control.forEach", {"items": [1]}, body=level([put("x", v=1)]))], variables="v"
    )
    writes = [write("a", True, {"v": 1}), write("x", {"v": 2}), write("x", {"w": 3}), write("z", {"v": 99})]
    assert variables_before(graph_from(loop), ["s", "a"], writes, {}) == [{"v": 1}]
    assert variables_before(graph_from(loop), ["s", "a", "l"], writes, {}) == [{"v": 2, "w": 3}]
    assert written_by_containers(graph_from(loop), writes) == {"l": b'{"v": 2, "w": 3}'}


def test_what_a_person_edited_comes_after_what_was_reused_then_and_before_what_ran_then() -> None:
    row = graph([put("a", v=1), put("b", v=2)], variables="v")
    writes = [write("b", {"v": 2}), write("a", {"v": 1, "w": 1}, status="REUSED")]
    assert variables_before(graph_from(row), ["a", "b"], writes, {"v": 5, "u": 6}) == [{"v": 2, "w": 1, "u": 6}]


def test_references_to_large_values_stay_by_themselves() -> None:
    row = graph([put("a", v=1), put("b", v=2), put("c", v=3)], variables="v")
    spilled = {"spilled": {"artifactId": "x", "sha256": "00"}}
    writes = [write("a", {"v": 1}), write("b", True, spilled), write("c", {"v": 3})]
    assert variables_before(graph_from(row), ["a", "b", "c"], writes, {}) == [{"v": 1}, spilled, {"v": 3}]


def test_only_declared_variables_can_be_edited() -> None:
    check_edits(graph_from(DIAMOND), {"w": 1})
    with pytest.raises(DomainError) as caught:
        check_edits(graph_from(DIAMOND), {"w": 1, "q": 2})
    assert [field.pointer for field in caught.value.fields] == ["/vars/q"]
