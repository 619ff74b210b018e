"""Breakpoints, single steps, running to a node, on the real engine."""

import asyncio

import pytest

from runner.engine.executor import Controls
from runner.engine.messages import BreakpointsSet, Continued, PauseAsked, Stepped
from runner.engine.request import DebugOptions
from tests.contract.graphs.world import Witness, graph, level, node, put, run

ROW = graph([put("a", v=1), put("b", v=2), put("c", v=3)], variables="v")


class Person:
    """Answers each pause with the next word."""

    def __init__(self, *words):
        self.controls = Controls()
        self.witness = Witness(on_event=self.see)
        self.words = list(words)
        self.pauses = []

    def see(self, event):
        if event.status == "paused":
            self.pauses.append(event.node_id)
            if self.words:
                word = self.words.pop(0)
                asyncio.get_running_loop().call_soon(word if callable(word) else lambda: self.controls.debug(word))

    async def runs(self, document, **options):
        return await run(document, self.witness, controls=self.controls, debug=DebugOptions(**options))


async def test_it_pauses_before_a_breakpoint_and_goes_on():
    person = Person(Continued())
    ran = await person.runs(ROW, breakpoints=frozenset({"b"}))
    assert person.pauses == ["b"]
    assert ran.story == ["s:completed", "a:completed", "b:paused", "b:completed", "c:completed"]


async def test_steps_run_one_node_each():
    person = Person(Stepped(), Stepped(), Stepped(), Continued())
    ran = await person.runs(ROW, paused=True)
    assert person.pauses == ["s", "a", "b", "c"]
    assert ran.outcome.status == "completed"


async def test_it_runs_to_a_node_once():
    person = Person(Continued(run_to="c"), Continued())
    await person.runs(ROW, run_to="a")
    assert person.pauses == ["a", "c"]


async def test_a_pause_holds_every_branch_and_a_step_frees_one():
    person = Person(Stepped(), Stepped(), Continued())
    await person.runs(
        graph([put("a", v=1), put("b", v=2), put("c", v=3)], "s>a s>b a>c b>c", "v"), breakpoints=frozenset({"a"})
    )
    assert person.pauses == ["a", "b", "c"]


async def test_breakpoints_can_be_set_and_cleared_while_paused():
    person = Person(Stepped(), Stepped())
    controls = person.controls
    person.words[0] = lambda: (controls.debug(BreakpointsSet(frozenset({"c"}))), controls.debug(Continued()))
    person.words[1] = lambda: (controls.debug(BreakpointsSet(frozenset())), controls.debug(Continued()))
    await person.runs(ROW, breakpoints=frozenset({"a"}))
    assert person.pauses == ["a", "c"]


async def test_a_breakpoint_in_a_loop_pauses_in_each_turn():
    person = Person(Continued(), Continued())
    ran = await person.runs(
        graph([node("l", "control.forEach", {"items": [1, 2]}, body=level([put("a", v=1)]))], variables="v"),
        breakpoints=frozenset({"a"}),
    )
    assert person.pauses == ["a", "a"]
    assert ran.outcome.status == "completed"


async def test_a_pause_asked_for_takes_hold_at_the_next_node():
    person = Person(Continued())
    witness, controls = person.witness, person.controls
    see = witness.on_event
    witness.on_event = lambda event: (
        see(event),
        controls.debug(PauseAsked()) if (event.node_id, event.status) == ("w", "running") else None,
    )
    await run(
        graph([node("w", "control.delay", {"seconds": 0.01}), put("z", v=1)], variables="v"), witness, controls=controls
    )
    assert person.pauses == ["z"]


@pytest.mark.parametrize("how", ["stop", "deadline"])
async def test_a_paused_execution_can_be_stopped(how):
    person = Person()
    if how == "stop":
        person.words = [person.controls.stop]
        ran = await person.runs(ROW, breakpoints=frozenset({"b"}))
        assert ran.outcome.status == "stopped"
        assert ran.story[-1] == "b:stopped"
    else:
        inner = node("t", "control.try", timeoutSeconds=0.05, body=level([put("b", v=1)]), finally_=level([]))
        ran = await person.runs(graph([inner], variables="v"), breakpoints=frozenset({"b"}))
        assert ran.outcome.failure is not None
        assert ran.outcome.failure.code == "TIMEOUT"
