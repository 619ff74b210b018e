"""Drives one execution: carries out the state machine's commands and tells it what came of them.

Owns the tasks, the timers and the order of things in time. Decides nothing about the workflow.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from runner.engine.calls import CallRun
from runner.engine.credentials import Credentials
from runner.engine.environment import Environments
from runner.engine.events import Failure, Outcome, Sink
from runner.engine.loops import WhileRun
from runner.engine.masking import Masker
from runner.engine.messages import (
    Begin,
    CancelNode,
    Command,
    DebugEvent,
    Event,
    Finish,
    NodeFailed,
    NodeStopped,
    ReadCall,
    ReadCondition,
    ReadItems,
    ReadOutput,
    Record,
    RecordGiven,
    RunNode,
    Sleep,
    StopRequested,
    TimeIsUp,
    WaitOver,
)
from runner.engine.node_runner import NodeRunner
from runner.engine.outputs import workflow_output
from runner.engine.plan import Plan
from runner.engine.reporter import Reporter
from runner.engine.request import RunRequest
from runner.engine.scopes import NodeRun, Space
from runner.engine.state import ExecutionState
from runner.nodes.base import NodeType
from runner.nodes.resources import Resources
from runner.workflow.evaluation import ExpressionError
from runner.workflow.inputs import complete_inputs

CANCEL_SECONDS = 5.0
"""How long a node may take to end after it was told to stop; then it is given up."""
_SLICE_SECONDS = 0.01
"""Nodes that never wait would keep the event loop from everything else; after so long the others get a turn."""


class EngineStuckError(RuntimeError):
    """A defect of the engine: better an error than an execution that waits for ever."""


class Controls:
    """What a person does to an execution at work: ends it softly (`finally` still runs), or debugs it.

    To be used on the execution's own event loop. What is said before the execution listens is kept for it.
    """

    def __init__(self) -> None:
        self._stopped = False
        self._said: list[StopRequested | DebugEvent] = []
        self._listener: Callable[[StopRequested | DebugEvent], None] | None = None

    def stop(self, failure: Failure | None = None) -> None:
        """Ask for the end; with a failure, the execution ends as failed with it. Repeating changes nothing."""
        if not self._stopped:
            self._stopped = True
            self._say(StopRequested("failed" if failure else "stopped", failure))

    def debug(self, event: DebugEvent) -> None:
        """Pass on a word of the person who debugs."""
        self._say(event)

    def listen(self, listener: Callable[[StopRequested | DebugEvent], None]) -> None:
        """Call the listener with whatever is said, at once with what was said before."""
        self._listener = listener
        for event in self._said:
            listener(event)

    def _say(self, event: StopRequested | DebugEvent) -> None:
        if self._listener:
            self._listener(event)
        else:
            self._said.append(event)


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


async def execute(
    plan: Plan,
    run: RunRequest,
    sink: Sink,
    nodes: Mapping[str, NodeType[Any]],
    *,
    controls: Controls | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> Outcome:
    """Run a plan to its end. Failures of the workflow are in the outcome; what the sink raises comes out of here.

    Cancelling the call ends all nodes at once, without `finally`.
    """
    inputs, problems = complete_inputs(plan.graph.inputs, run.inputs)
    if problems:
        message = " ".join(problem.message for problem in problems)
        return Outcome("failed", failure=Failure("INPUT_INVALID", message))
    variables = {variable.name: variable.initial for variable in plan.graph.variables}
    space = Space(inputs, {**variables, **run.variables}, (run.workflow_id,) if run.workflow_id else ())
    state = ExecutionState(plan, space, recorded=run.recorded, pins=run.pins, debug=run.debug)
    reporter = Reporter(sink, Masker(), clock, run.workdir)
    credentials = Credentials(sink, run.execution_id, reporter.masker)
    environments = Environments(run, credentials, clock)
    resources = Resources()
    driver = _Driver(state, NodeRunner(nodes, run, environments, credentials, reporter, sink, resources), reporter)
    if controls is not None:
        controls.listen(driver.post)
    try:
        finish = await driver.drive(None if run.deadline_at is None else (run.deadline_at - clock()).total_seconds())
    finally:
        for problem in await resources.close():
            reporter.log("warning", None, problem)
    return await _outcome(plan, finish, environments, state, reporter)


class _Driver:
    """The loop between the state machine and the tasks that run nodes."""

    def __init__(self, state: ExecutionState, runner: NodeRunner, reporter: Reporter) -> None:
        self._state = state
        self._runner = runner
        self._reporter = reporter
        self._inbox: deque[Event] = deque()
        self._wake = asyncio.Event()
        self._tasks: dict[NodeRun, asyncio.Task[Event]] = {}
        self._told_to_stop: set[NodeRun] = set()
        self._given_up: set[asyncio.Task[Event]] = set()
        self._timers: list[asyncio.TimerHandle] = []
        self._crash: BaseException | None = None

    def post(self, event: Event) -> None:
        """Hand an event to the state machine, in its turn."""
        self._inbox.append(event)
        self._wake.set()

    async def drive(self, seconds: float | None) -> Finish:
        """Everything from the first node to the last. Raises what the sink raised."""
        loop = asyncio.get_running_loop()
        if seconds is not None:
            failure = Failure("TIMEOUT", "The execution did not end within its time.")
            self._timers.append(loop.call_later(max(0.0, seconds), self.post, StopRequested("failed", failure)))
        try:
            return await self._loop(loop)
        finally:
            for timer in self._timers:
                timer.cancel()
            await self._end_tasks()

    async def _loop(self, loop: asyncio.AbstractEventLoop) -> Finish:
        commands: deque[Command] = deque(self._state.step(Begin()))
        slice_ends = loop.time() + _SLICE_SECONDS
        while True:
            while commands:
                command = commands.popleft()
                if type(command) is Finish:
                    return command
                answer = await self._carry_out(command)
                if answer is not None:
                    commands.extend(self._state.step(answer))
                if loop.time() > slice_ends:
                    await asyncio.sleep(0)
                    slice_ends = loop.time() + _SLICE_SECONDS
                while self._inbox:
                    commands.extend(self._state.step(self._inbox.popleft()))
            if not self._inbox:
                if not self._tasks and self._crash is None and not self._state.is_waiting:
                    raise EngineStuckError("Nothing runs and nothing is left to do, but the execution is not over.")
                await self._wake.wait()
            self._wake.clear()
            if self._crash is not None:
                raise self._crash
            while self._inbox:
                commands.extend(self._state.step(self._inbox.popleft()))

    async def _carry_out(self, command: Command) -> Event | None:
        if type(command) is Record:
            await self._reporter.recorded(command)
            if command.status == "running":
                self._watch_time(command.run)
        elif type(command) is RunNode:
            if self._runner.is_inline(command.run.node):
                return await self._runner.run(command.run)
            self._start(command.run)
        elif type(command) is ReadItems:
            self._watch_time(command.run)
            return await self._runner.read_items(command.run)
        elif type(command) is ReadCondition:
            if command.index == 0:
                self._watch_time(command.run)
            return await self._runner.read_condition(cast("WhileRun", command.run), command.index)
        elif type(command) is ReadCall:
            self._watch_time(command.run)
            return await self._runner.read_call(cast("CallRun", command.run))
        elif type(command) is ReadOutput:
            return await self._runner.read_output(cast("CallRun", command.run), complete=command.complete)
        else:
            await self._carry_out_rarer(command)
        return None

    async def _carry_out_rarer(self, command: Command) -> None:
        if type(command) is CancelNode:
            self._cancel(command.run)
        elif type(command) is RecordGiven:
            await self._reporter.given(command)
        elif type(command) is Sleep:
            loop = asyncio.get_running_loop()
            self._timers.append(loop.call_later(max(0.0, command.seconds), self.post, WaitOver(command.run)))

    # -- tasks ----------------------------------------------------------------------------------------------------

    def _start(self, run: NodeRun) -> None:
        task = self._tasks[run] = asyncio.create_task(self._runner.run(run))
        # A callback and not a wrapper: a task that is cancelled before its first step never enters its coroutine.
        task.add_done_callback(lambda ended: self._ended(run, ended))

    def _ended(self, run: NodeRun, task: asyncio.Task[Event]) -> None:
        if self._tasks.pop(run, None) is None:
            return
        if task.cancelled():
            crash = Failure("NODE_CRASHED", "The node was cancelled from inside.", run.id)
            self.post(NodeStopped(run) if run in self._told_to_stop else NodeFailed(run, crash))
        elif (error := task.exception()) is not None:
            # Nodes' own exceptions are failures by now; this one came from the sink.
            self._crash = error
        else:
            self.post(task.result())
        self._told_to_stop.discard(run)
        self._wake.set()

    def _cancel(self, run: NodeRun) -> None:
        task = self._tasks.get(run)
        if task is not None:
            self._told_to_stop.add(run)
            task.cancel()
            self._timers.append(asyncio.get_running_loop().call_later(CANCEL_SECONDS, self._give_up, run))

    def _give_up(self, run: NodeRun) -> None:
        task = self._tasks.pop(run, None)
        if task is not None:
            self._given_up.add(task)
            self._reporter.log("warning", run.id, f"The node did not stop within {CANCEL_SECONDS:g} seconds.")
            self.post(NodeStopped(run))

    def _watch_time(self, run: NodeRun) -> None:
        seconds = run.node.node.timeout_seconds
        if seconds is not None:
            failure = Failure("TIMEOUT", f"The node did not end within {seconds:g} seconds.", run.id, retryable=True)
            timer = asyncio.get_running_loop().call_later(seconds, self.post, TimeIsUp(run, failure))
            self._timers.append(timer)

    async def _end_tasks(self) -> None:
        # Not a TaskGroup: it would wait for a node that ignores its cancellation for ever.
        tasks = [*self._tasks.values(), *self._given_up]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=CANCEL_SECONDS)


async def _outcome(
    plan: Plan, finish: Finish, environments: Environments, state: ExecutionState, reporter: Reporter
) -> Outcome:
    if finish.status == "suspended":
        variables = await reporter.spilled("variables", state.top.frame.space.variables)
        return Outcome("suspended", waits=finish.waits, variables=variables)
    if finish.status != "completed":
        return Outcome(finish.status, failure=reporter.masked_failure(finish.failure))
    try:
        output = workflow_output(plan, environments.at(state.top.frame), complete=finish.complete)
    except ExpressionError as error:
        return Outcome("failed", failure=Failure("OUTPUT_FAILED", f"The workflow's output: {error}"))
    return Outcome("completed", output=reporter.masker.json(output))
