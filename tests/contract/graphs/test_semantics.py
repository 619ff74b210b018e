"""The sentences of the workflow model's "Semantics", each with the graphs that show it.

A case is (graph, inputs, expected status, expected output, expected story); None leaves a part open. The story lists
how node runs ended, in order.
"""

import pytest

from runner.workflow.validation import validate_document
from tests.contract.graphs.cases_of_branching import ONCE_PER_SCOPE, PORTS, VARIABLES
from tests.contract.graphs.cases_of_failing import ON_ERROR, STOP, TRY
from tests.contract.graphs.cases_of_loops import ARITHMETIC, LOOPS
from tests.contract.graphs.world import CATALOGUE, compute, graph, run


async def test_global_variables_are_read_and_a_missing_one_fails_the_node() -> None:
    doubled = graph([compute("a", "globals.rate * 2")], "s>a", output="{{ nodes.a.output }}")
    ran = await run(doubled, globals={"rate": 4})
    assert (ran.outcome.status, ran.outcome.output) == ("completed", 8)
    assert (await run(doubled, globals={"pace": 4})).outcome.status == "failed"


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
