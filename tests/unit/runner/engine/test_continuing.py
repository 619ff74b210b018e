"""Not from the beginning, not to the end: recorded outputs, pins, waiting for a person or a long time."""

import json

from runner.engine.events import Wait
from runner.engine.executor import Controls
from runner.engine.request import Recorded
from tests.contract.graphs.world import Witness, compute, fail, fail_later, graph, level, node, put, run

ASK = {"title": "Pay?"}


def ask(node_id="ask", **more):
    return node(node_id, "control.approval", ASK, **more)


def delay(node_id="d", seconds=3600):
    return node(node_id, "control.delay", {"seconds": seconds})


async def test_a_recorded_node_is_told_with_its_input_output_port_and_variables():
    given = Recorded({"v": 3}, input={"values": {"v": 3}}, variables=True)
    ran = await run(
        graph([put("a", v=1), put("b", v="{{ vars.v + 1 }}")], variables="v"),
        recorded={"s": Recorded({}), "a": given},
        variables={"v": 3},
    )
    reused = ran.witness.events[1]
    assert (reused.status, reused.input, reused.output, reused.port, reused.variables) == (
        "reused",
        {"values": {"v": 3}},
        {"v": 3},
        "out",
        True,
    )
    assert ran.witness.output_of("b") == {"v": 4}


async def test_a_large_recorded_output_is_told_by_the_reference_it_has():
    given = Recorded("x" * 400_000, shown_output={"spilled": {"artifactId": "a1"}})
    ran = await run(
        graph([put("a", v=1), compute("n", "{{ len(nodes.a.output) }}")], variables="v"),
        recorded={"s": Recorded({}), "a": given},
    )
    assert ran.witness.output_of("n") == 400_000
    assert ran.witness.events[1].output == {"spilled": {"artifactId": "a1"}}
    assert not ran.witness.artifacts


async def test_a_pinned_node_does_not_run_at_any_depth():
    loop = node(
        "l",
        "control.forEach",
        {"items": [1, 2]},
        body=level([fail("p"), compute("n", "{{ nodes.p.output + item }}")], "p>n"),
    )
    branch = node("i", "control.if", {"condition": "1 / 0"})
    document = graph([loop, branch, put("yes", v=1), put("no", v=2)], "s>l l>i i:true>yes i:false>no", "v")
    ran = await run(document, pins={"p": 10, "i": {"result": False}})
    loops = ["l0/p:reused", "l0/n:completed", "l1/p:reused", "l1/n:completed", "l:completed"]
    assert ran.story == ["s:completed", *loops, "i:reused", "yes:skipped", "no:completed"]


async def test_what_a_node_wrote_and_where_it_left_is_told():
    ran = await run(graph([put("a", v=1), node("i", "control.if", {"condition": "{{ vars.v == 1 }}"})], variables="v"))
    events = {event.node_id: event for event in ran.witness.events if event.status == "completed"}
    assert events["a"].variables is True
    assert events["i"].port == "true"


async def test_a_long_delay_in_a_loop_is_waited_for_on_the_runner():
    loop = node("l", "control.forEach", {"items": [1, 2]}, body=level([delay()]))
    ran = await run(graph([loop, put("z", v=9)], "s>l l>z", "v"), remaining_seconds={"d": 0.01})
    assert ran.outcome.status == "completed", ran.outcome.failure
    assert ran.story == ["s:completed", "l0/d:completed", "l1/d:completed", "l:completed", "z:completed"]


async def test_an_approval_at_the_top_suspends_the_execution():
    ran = await run(graph([put("a", v=1), ask(), put("z", v=9)], "s>a a>ask ask:approved>z", "v"))
    assert ran.outcome.status == "suspended"
    assert ran.outcome.variables == {"v": 1}
    assert [(wait.node_id, wait.kind, wait.seconds) for wait in ran.outcome.waits] == [("ask", "approval", None)]
    assert ran.outcome.waits[0].request["title"] == "Pay?"
    assert ran.story == ["s:completed", "a:completed", "ask:waiting"]
    json.dumps(ran.outcome.waits[0].as_json())


async def test_a_decided_approval_goes_on_by_its_port():
    decided = Recorded({"decision": "approved"}, "approved", status="completed")
    document = graph([ask(), put("yes", v=1), put("no", v=2)], "s>ask ask:approved>yes ask:rejected>no", "v")
    ran = await run(document, recorded={"s": Recorded({}), "ask": decided})
    assert ran.story[1:] == ["ask:completed", "no:skipped", "yes:completed"]


async def test_it_suspends_only_when_nothing_else_goes_on():
    document = graph([ask(), node("w", "control.delay", {"seconds": 0.05}), put("z", v=1)], "s>ask s>w w>z", "v")
    ran = await run(document)
    assert ran.outcome.status == "suspended"
    assert ran.story == ["s:completed", "w:completed", "z:completed", "ask:waiting"]


async def test_two_waits_are_told_together():
    ran = await run(graph([ask("a"), delay("d")], "s>a s>d"))
    assert ran.outcome.waits[1] == Wait("d", "delay", 3600, {"seconds": 3600})
    assert [wait.node_id for wait in ran.outcome.waits] == ["a", "d"]


async def test_a_long_delay_suspends_and_what_is_left_of_it_is_waited_for():
    assert (await run(graph([delay()]))).outcome.status == "suspended"
    ran = await run(
        graph([delay(), put("z", v=1)], variables="v"), recorded={"s": Recorded({})}, remaining_seconds={"d": 0.02}
    )
    assert ran.story[1:] == ["d:completed", "z:completed"]
    assert ran.witness.output_of("d") == {"seconds": 3600}


async def test_a_long_delay_inside_a_container_keeps_its_runner_until_it_is_stopped():
    controls, witness = Controls(), Witness()
    witness.on_event = lambda event: controls.stop() if event.node_id == "d" and event.status == "running" else None
    ran = await run(
        graph([node("t", "control.try", body=level([delay()]), finally_=level([put("f", v=1)]))], variables="v"),
        witness,
        controls=controls,
    )
    assert ran.outcome.status == "stopped"
    assert ran.story == ["s:completed", "d:stopped", "f:completed", "t:stopped"]


async def test_an_approval_inside_a_container_fails_with_what_to_do():
    ran = await run(graph([node("t", "control.try", body=level([ask()]), finally_=level([]))]))
    assert ran.outcome.failure is not None
    assert ran.outcome.failure.code == "APPROVAL_NOT_AT_TOP"


async def test_a_failure_beside_a_wait_ends_the_execution():
    ran = await run(graph([ask(), fail_later()], "s>ask s>bad"))
    assert ran.outcome.status == "failed"
    assert "ask:stopped" in ran.story


async def test_a_recorded_mask_is_warned_of():
    ran = await run(graph([put("a", v=1)], variables="v"), recorded={"s": Recorded({}), "a": Recorded({"v": "•••"})})
    assert [line.level for line in ran.witness.lines] == ["warning"]


async def test_a_pinned_node_that_sets_variables_has_set_them():
    document = graph([put("a", v=1), compute("n", "{{ vars.v }}")], variables="v")
    ran = await run(document, pins={"a": {"v": 7, "unknown": 1}})
    assert ran.witness.output_of("n") == 7
