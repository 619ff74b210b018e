"""Exports that are none, broken or made to do harm: refused in words, or drawn without losing a node."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.workflow.foreign.model import ForeignError
from runner.workflow.foreign.translation import is_foreign, translate
from runner.workflow.validation import validate_document
from tests.contract.graphs.exports import at, n8n
from tests.contract.graphs.world import CATALOGUE


@pytest.mark.parametrize(
    "document",
    [
        {"nodes": [], "edges": []},
        {"nodes": [1], "connections": {}},
        {"nodes": [at("A", "noOp"), at("A", "noOp")], "connections": {}},
        {"nodes": [at("A", "set", 3, assignments={"assignments": [1]})], "connections": {}},
        [],
        [{"id": "a"}],
        [{"id": "a", "type": "inject", "wires": [[1]]}, {"id": "a", "type": "inject", "wires": []}],
        {"nodes": [at(str(number), "noOp") for number in range(2001)], "connections": {}},
        "n8n",
        None,
    ],
)
def test_what_cannot_be_read_is_refused_in_words(document: Any) -> None:
    if document == {"nodes": [at("A", "set", 3, assignments={"assignments": [1]})], "connections": {}}:
        document["connections"] = {"Go": {"main": [[{"node": "A"}]]}}
        document["nodes"].insert(0, at("Go", "manualTrigger"))
    with pytest.raises(ForeignError):
        translate(document)


def test_long_chains_take_no_recursion() -> None:
    names = [f"n{number}" for number in range(1500)]
    wires = " ".join(f"{a}>{b}" for a, b in pairwise(names))
    document = n8n(at("Go", "manualTrigger"), *(at(name, "noOp") for name in names), wires=f"Go>n0 {wires}")
    assert len(translate(document).graph["nodes"]) == 1501


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "={{ $json.a }}", "={{ (", "msg", "eq", "A"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["conditions", "rules", "values", "assignments", "parameters", "name", "value", "operator", "t"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
PARAMETERS = st.dictionaries(
    st.sampled_from(
        ["conditions", "rules", "values", "assignments", "options", "mode", "url", "amount", "jsonBody", "rule"]
    ),
    JSON,
    max_size=4,
)
KINDS = ["set", "if", "switch", "httpRequest", "wait", "splitInBatches", "merge", "scheduleTrigger", "filter", "code"]


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from([1, 2, 3.4]), PARAMETERS), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2), st.integers(0, 6)), max_size=12),
)
def test_whatever_an_export_holds_every_node_is_drawn_or_kept_on_a_note(
    made: list[tuple[str, float, dict[str, Any]]], wires: list[tuple[int, int, int]]
) -> None:
    nodes = [at("n0", "manualTrigger")] + [
        at(f"n{index}", kind, version, **parameters) for index, (kind, version, parameters) in enumerate(made, 1)
    ]
    drawn = [f"n{a % len(nodes)}:{output}>n{b % len(nodes)}" for a, output, b in wires]
    document = n8n(*nodes, wires=" ".join(drawn))
    assert is_foreign(document)
    try:
        translation = translate(document)
    except ForeignError:
        return
    shown = str(translation.graph)
    for node in nodes[1:]:
        is_trigger = node["type"].endswith("scheduleTrigger")
        assert is_trigger or f"'{node['name']}'" in shown or f"{node['name']} (" in shown
    _, problems = validate_document(translation.graph, CATALOGUE)
    wrong = ("cycle", "crosses the border", "id:", "no node id", "stands at")
    assert not [problem for problem in problems if any(word in problem.message for word in wrong)]
