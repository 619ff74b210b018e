"""Random graphs, random orders of events: the state machine always ends and runs nothing twice.

Also when it waits, is debugged, calls workflows, and goes on in another attempt with what was recorded.
"""

from collections import Counter
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from runner.engine.events import Failure, Wait
from runner.engine.messages import (
    Begin,
    BreakpointsSet,
    CallRead,
    CancelNode,
    ConditionRead,
    Continued,
    Finish,
    ItemsRead,
    NodeDone,
    NodeFailed,
    NodeStopped,
    NodeWaits,
    OutputRead,
    PauseAsked,
    ReadCall,
    ReadCondition,
    ReadItems,
    ReadOutput,
    Record,
    RecordGiven,
    RunNode,
    Sleep,
    Stepped,
    StopRequested,
    TimeIsUp,
    WaitOver,
)
from runner.engine.plan import compile_plan
from runner.engine.request import CalledWorkflow, DebugOptions, Recorded
from runner.engine.scopes import Space
from runner.engine.state import ExecutionState
from runner.workflow.graph_reader import graph_from
from tests.contract.graphs.world import CATALOGUE, START

LEAVES = ("test.echo", "test.echo", "control.if", "control.join", "control.join.any", "control.stop")
WAITS = ("control.approval", "control.delay")
CALL = "control.subworkflow"
CONTAINERS = ("control.forEach", "control.while", "control.try")
MOST_TURNS = 3


@st.composite
def levels(draw, prefix, depth):
    """A random acyclic level; edges lead from earlier to later nodes only."""
    count = draw(st.integers(0, 2) if prefix else st.integers(1, 4))
    nodes = [draw(nodes_of(f"{prefix}n{index}", depth)) for index in range(count)]
    ids = [node["id"] for node in nodes]
    edges = []
    for index, target in enumerate(ids):
        sources = draw(st.lists(st.sampled_from(ids[:index]), max_size=3)) if index else []
        if not prefix and not sources:
            sources = ["s"]
        for source in sources:
            ports = ["true", "false"] if nodes_type(nodes, source) == "control.if" else ["out", "out", "error"]
            port = "out" if source == "s" else draw(st.sampled_from(ports))
            edges.append({"id": f"{prefix}e{len(edges)}-{target}", "from": source, "port": port, "to": target})
    return {"nodes": nodes, "edges": edges}


def nodes_type(nodes, node_id):
    return next((node["type"] for node in nodes if node["id"] == node_id), "")


@st.composite
def nodes_of(draw, node_id, depth):
    node_type = draw(st.sampled_from(LEAVES + WAITS + ((CALL, *CONTAINERS) if depth else ())))
    node = {"id": node_id, "type": node_type.removesuffix(".any")}
    node["onError"] = draw(st.sampled_from(["fail", "fail", "continue", "errorPort"]))
    node["disabled"] = draw(st.integers(0, 9)) == 0
    if node_type == "control.join.any":
        node["config"] = {"mode": "any"}
    if node_type in CONTAINERS:
        node["body"] = draw(levels(f"{node_id}b", depth - 1))
    if node_type == "control.try":
        for name in ("catch", "finally"):
            if draw(st.booleans()):
                node[name] = draw(levels(f"{node_id}{name[0]}", depth - 1))
    return node


@st.composite
def graphs(draw):
    top = draw(levels("", 2))
    return {"nodes": [START, *top["nodes"]], "edges": top["edges"]}


def plan_of(document):
    return compile_plan(graph_from(document), CATALOGUE)


class World:
    """Answers commands in a random order and in random ways; `called` is what every call leads to."""

    def __init__(self, state, seed, called=None):
        self.state = state
        self.dice = Random(seed)
        self.called = called
        self.open = []
        self.sleeping = []
        self.cancelled = set()
        self.records = []
        self.given = []
        self.finish = None

    def play(self):
        self.take(self.state.step(Begin()))
        for _ in range(3_000):
            if self.finish is not None:
                return
            if not self.open:
                self.go_on_from_outside()
                continue
            if self.dice.randint(0, 60) == 0:
                self.take(self.state.step(StopRequested()))
                continue
            if self.dice.randint(0, 20) == 0:
                self.take(
                    self.state.step(self.dice.choice([PauseAsked(), BreakpointsSet(frozenset({"n0"})), Continued()]))
                )
                continue
            command = self.open.pop(self.dice.randrange(len(self.open)))
            self.maybe_time_out(command)
            if self.finish is None:
                self.take(self.state.step(self.answer(command)))
        raise AssertionError("the execution does not end")

    def go_on_from_outside(self):
        assert self.state.is_waiting or self.sleeping, "nothing is left to answer, but the execution is not over"
        if self.dice.randint(0, 3) == 0:
            self.take(self.state.step(StopRequested()))
        elif self.sleeping and (self.dice.randint(0, 1) or not self.state._debugger.is_holding):
            self.take(self.state.step(WaitOver(self.sleeping.pop().run)))
        else:
            self.take(self.state.step(self.dice.choice([Stepped(), Stepped(), Continued("n1")])))

    def maybe_time_out(self, command):
        owner = command.run.scope.owner
        if owner is not None and self.dice.randint(0, 40) == 0:
            self.take(self.state.step(TimeIsUp(owner, Failure("TIMEOUT", "", owner.node.id))))

    def answer(self, command):
        run, choose = command.run, self.dice.randint(0, 9)
        if run in self.cancelled and choose < 6:
            return NodeStopped(run)
        if choose == 0:
            return NodeFailed(run, Failure("FAILED", "", run.node.id))
        if isinstance(command, ReadItems):
            return ItemsRead(run, list(range(choose % 4)), 1 + choose % 3)
        if isinstance(command, ReadCondition):
            return ConditionRead(run, choose > 3, MOST_TURNS)
        if isinstance(command, ReadCall):
            return CallRead(run, CalledWorkflow("called", 1, self.called), {}, {})
        if isinstance(command, ReadOutput):
            return OutputRead(run, choose)
        if run.node.type in WAITS:
            seconds = None if run.node.type == "control.approval" else choose * 20.0
            return NodeWaits(run, Wait(run.id, "approval" if seconds is None else "delay", seconds, choose))
        if run.node.type == "control.if":
            return NodeDone(run, None, "true" if choose % 2 else "false")
        if run.node.type == "control.stop":
            return NodeDone(run, {"status": "fail" if choose % 2 else "success"})
        return NodeDone(run, choose, variables={"v": choose})

    def take(self, commands):
        for command in commands:
            assert self.finish is None, f"{command} after the end"
            if isinstance(command, Finish):
                self.finish = command
            elif isinstance(command, Record):
                self.records.append(command)
            elif isinstance(command, RecordGiven):
                self.given.append(command)
            elif isinstance(command, Sleep):
                self.sleeping.append(command)
            elif isinstance(command, CancelNode):
                self.cancelled.add(command.run)
            else:
                self.open.append(command)


def ends_of(world):
    return [record for record in world.records if record.status not in ("running", "paused")]


def key_of(record):
    return (record.run.id, record.run.path)


@settings(max_examples=200, deadline=None)
@given(graphs(), graphs(), st.booleans(), st.integers(0, 2**32))
def test_every_execution_ends_and_no_node_runs_twice_in_a_scope(document, called, paused, seed):
    state = ExecutionState(plan_of(document), Space({}, {}), debug=DebugOptions(paused=paused))
    world = World(state, seed, plan_of(called) if seed % 2 else plan_of({"nodes": [START], "edges": []}))
    world.play()
    counted = Counter(map(key_of, ends_of(world)))
    assert not [key for key, count in counted.items() if count > 1]
    assert not [command for command in world.open if isinstance(command, RunNode)], "a node still runs after the end"
    assert world.state.step(StopRequested()) == []


@settings(max_examples=100, deadline=None)
@given(graphs(), st.integers(0, 2**32))
def test_whatever_started_has_an_end(document, seed):
    world = World(ExecutionState(plan_of(document), Space({}, {})), seed, plan_of(document))
    started = []
    take = world.take
    world.take = lambda commands: (
        started.extend(c.run for c in commands if isinstance(c, RunNode | ReadItems | ReadCondition | ReadCall)),
        take(commands),
    )
    world.play()
    ended = {id(record.run) for record in ends_of(world)}
    assert not [run for run in started if id(run) not in ended]


@settings(max_examples=150, deadline=None)
@given(graphs(), st.integers(0, 2**32))
def test_what_is_suspended_goes_on_and_does_nothing_twice(document, seed):
    plan, recorded, done = plan_of(document), {}, Counter()
    for attempt in range(20):
        world = World(ExecutionState(plan, Space({}, {}), recorded=recorded), seed + attempt, plan)
        world.play()
        told = {command.run.id for command in world.given}
        assert told == recorded.keys() & told
        assert not told & {record.run.id for record in ends_of(world)}, "what was taken as done did not run"
        at_top = [record for record in ends_of(world) if record.run.scope is world.state.top]
        done.update(record.run.id for record in at_top if record.port)
        if world.finish.status != "suspended":
            break
        recorded |= {record.run.id: Recorded(record.output, record.port) for record in at_top if record.port}
        first = world.finish.waits[0]
        recorded[first.node_id] = Recorded(
            first.request, "approved" if first.seconds is None else "out", status="completed"
        )
    else:
        raise AssertionError("it waits for ever")
    assert not [node_id for node_id, count in done.items() if count > 1]


@settings(max_examples=100, deadline=None)
@given(graphs(), st.integers(0, 2**32))
def test_finally_runs_once_for_every_try_unless_a_stop_node_ends_it(document, seed):
    world = World(ExecutionState(plan_of(document), Space({}, {})), seed, plan_of({"nodes": [START], "edges": []}))
    world.play()
    if any(record.run.node.type == "control.stop" and record.status == "completed" for record in world.records):
        return
    # A debugger may hold a try that a stop then ends before it began.
    begun = {record.run for record in world.records if record.status == "running"}
    for record in ends_of(world):
        level = record.run.node.containers.get("finally")
        if record.run.node.type != "control.try" or record.run not in begun or level is None:
            continue
        for index in level.entries:
            entry = level.nodes[index]
            found = [r for r in world.records if r.run.node is entry and r.run.path == record.run.path]
            assert [r for r in found if r.status != "running"], f"{record.run} ended without its finally"
