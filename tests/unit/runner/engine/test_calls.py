"""Workflows that call workflows: scopes of their own, failures, stops, limits."""

from tests.contract.graphs.world import Witness, compute, fail, graph, level, node, put, run

INNER = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"


def call(node_id="c", inputs=None, workflow_id=INNER, **more):
    return node(node_id, "control.subworkflow", {"workflowId": workflow_id, "inputs": inputs or {}}, **more)


DOUBLE = graph(
    [compute("n", "{{ inputs.x * 2 }}"), put("set", v="{{ nodes.n.output }}")],
    variables="v",
    inputs=[{"name": "x", "type": "integer", "required": True}],
    output={"twice": "{{ vars.v }}"},
)


async def test_a_called_workflow_has_inputs_variables_and_nodes_of_its_own():
    outer = graph(
        [put("set", v=5), call(inputs={"x": "{{ vars.v }}"})],
        variables="v",
        output="{{ [vars.v, nodes.c.output.twice] }}",
    )
    ran = await run(outer, called={INNER: DOUBLE})
    assert ran.outcome.output == [5, 10]
    assert ran.story == [
        "s:completed",
        "set:completed",
        "c/s:completed",
        "c/n:completed",
        "c/set:completed",
        "c:completed",
    ]


async def test_calls_in_parallel_turns_do_not_see_each_other():
    loop = node(
        "l", "control.forEach", {"items": [1, 2, 3], "parallel": 3}, body=level([call(inputs={"x": "{{ item }}"})])
    )
    ran = await run(graph([loop]), called={INNER: DOUBLE})
    outputs = [e.output["twice"] for e in ran.witness.events if e.node_id == "c" and e.status == "completed"]
    assert sorted(outputs) == [2, 4, 6]
    assert "l1/c/n:completed" in ran.story


async def test_a_failure_inside_fails_the_calling_node_which_may_catch_it():
    broken = graph([fail("bad")])
    ran = await run(
        graph([call(onError="continue"), compute("n", "{{ nodes.c.output.failure.nodeId }}")]), called={INNER: broken}
    )
    assert ran.outcome.status == "completed"
    assert ran.witness.output_of("n") == "c/bad"


async def test_a_stop_node_ends_the_called_workflow_alone():
    early = graph(
        [node("stop", "control.stop"), put("z", v=1)],
        variables="v",
        output={"v": "{{ vars.v }}", "z": "{{ nodes.z.output }}"},
    )
    ran = await run(graph([call(), put("after", v=1)], variables="v"), called={INNER: early})
    assert ran.outcome.status == "completed"
    assert ran.witness.output_of("c") == {"v": 0, "z": None}
    assert ran.story[-1] == "after:completed"


async def test_a_stop_node_that_fails_fails_the_call():
    early = graph(
        [
            node(
                "t",
                "control.try",
                body=level([node("x", "control.stop", {"status": "fail", "message": "no"})]),
                catch=level([]),
            )
        ]
    )
    ran = await run(graph([call()]), called={INNER: early})
    assert ran.outcome.failure is not None
    assert (ran.outcome.failure.code, ran.outcome.failure.message, ran.outcome.failure.node_id) == (
        "STOPPED_BY_WORKFLOW",
        "no",
        "c/x",
    )
    assert ran.story == ["s:completed", "c/s:completed", "c/x:completed", "c/t:stopped", "c:failed"]


async def test_a_call_back_is_refused():
    again = graph([call("back", workflow_id=OTHER)])
    ran = await run(graph([call()]), called={INNER: again, OTHER: graph([call("x")])}, workflow_id=OTHER)
    assert ran.outcome.failure is not None
    assert ran.outcome.failure.code == "WORKFLOW_RECURSION"
    assert ran.outcome.failure.node_id == "c/back"


async def test_missing_inputs_and_missing_workflows_are_failures_that_say_so():
    ran = await run(graph([call()]), called={INNER: DOUBLE})
    assert ran.outcome.failure is not None
    assert ran.outcome.failure.code == "INPUT_INVALID"
    ran = await run(graph([call()]))
    assert ran.outcome.failure is not None
    assert ran.outcome.failure.code == "WORKFLOW_UNAVAILABLE"


async def test_a_time_limit_on_the_call_ends_what_runs_inside():
    slow = graph([node("w", "test.wait")])
    ran = await run(graph([call(timeoutSeconds=0.05)]), called={INNER: slow})
    assert ran.outcome.failure is not None
    assert ran.outcome.failure.code == "TIMEOUT"
    assert ran.story == ["s:completed", "c/s:completed", "c/w:stopped", "c:failed"]


async def test_an_output_that_cannot_be_computed_fails_the_call():
    ran = await run(
        graph([call()]), called={INNER: graph([put("a", v=1)], variables="v", output="{{ nodes.zzz.output }}")}
    )
    assert ran.outcome.failure is not None
    assert (ran.outcome.failure.code, ran.outcome.failure.node_id) == ("OUTPUT_FAILED", "c")


async def test_pins_do_not_reach_into_called_workflows():
    ran = await run(graph([call(inputs={"x": 1})]), Witness(), called={INNER: DOUBLE}, pins={"n": 99})
    assert ran.witness.output_of("c") == {"twice": 2}
