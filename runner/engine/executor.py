"""Drives one execution: carries out the state machine's commands and tells it what came of them.

Owns the tasks, the timers and the order of things in time. Decides nothing about the workflow.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from runner.engine.environment import Environments
from runner.engine.events import Failure, Outcome, RunRequest, Sink
from runner.engine.loops import WhileRun
from runner.engine.masking import Masker
from runner.engine.messages import (
    Begin,
    CancelNode,
    Command,
    Event,
    Finish,
    NodeFailed,
    NodeStopped,
    ReadCondition,
    ReadItems,
    Record,
    RunNode,
    StopRequested,
    TimeIsUp,
)
from runner.engine.node_runner import NodeRunner
from runner.engine.plan import Plan
from runner.engine.reporter import Reporter
from runner.engine.scopes import NodeRun
from runner.engine.state import ExecutionState
from runner.nodes.base import NodeType
from runner.workflow.documents import Json
from runner.workflow.evaluation import ExpressionError, MissingError
from runner.workflow.inputs import complete_inputs
from runner.workflow.templates import compile_template

CANCEL_SECONDS = 5.0
"""How long a node may take to end after it was told to stop; then it is given up."""
_SLICE_SECONDS = 0.01
"""Nodes that never wait would keep the event loop from everything else; after so long the others get a turn."""


class EngineStuckError(RuntimeError):
    """A defect of the engine: better an error than an execution that waits for ever."""


class StopSignal:
    """Ends an execution softly: running nodes are stopped, `finally` still runs. To be set on the same event loop."""

    def __init__(self) -> None:
        self._requested: StopRequested | None = None
        self._listener: Callable[[StopRequested], None] | None = None

    def stop(self, failure: Failure | None = None) -> None:
        """Ask for the end; with a failure, the execution ends as failed with it. Repeating changes nothing."""
        if self._requested is None:
            self._requested = StopRequested("failed" if failure else "stopped", failure)
            if self._listener:
                self._listener(self._requested)

    def listen(self, listener: Callable[[StopRequested], None]) -> None:
        """Call the listener when a stop is asked for, at once if it was."""
        self._listener = listener
        if self._requested:
            listener(self._requested)


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


async def execute(
    plan: Plan,
    run: RunRequest,
    sink: Sink,
    nodes: Mapping[str, NodeType[Any]],
    *,
    stop: StopSignal | None = None,
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
    state = ExecutionState(plan, inputs, {**variables, **run.variables}, run.recorded)
    environments = Environments(state, run, clock)
    reporter = Reporter(sink, Masker.for_credentials(run.credentials), clock, run.workdir)
    driver = _Driver(state, NodeRunner(nodes, run, environments, reporter, sink), reporter)
    if stop is not None:
        stop.listen(driver.post)
    finish = await driver.drive(None if run.deadline_at is None else (run.deadline_at - clock()).total_seconds())
    return _outcome(plan, finish, environments, state, reporter)


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
                if not self._tasks and self._crash is None:
                    raise EngineStuckError("Nothing runs and nothing is left to do, but the execution is not over.")
                await self._wake.wait()
            self._wake.clear()
            if self._crash is not None:
                raise self._crash
            while self._inbox:
                commands.extend(self._state.step(self._inbox.popleft()))

    async def _carry_out(self, command: Command) -> Event | None:
        if type(command) is Record:
            await self._reporter.recorded(command.run, command.status, command.output, command.failure)
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
        elif type(command) is CancelNode:
            self._cancel(command.run)
        return None

    # -- tasks ----------------------------------------------------------------------------------------------------

    def _start(self, run: NodeRun) -> None:
        task = self._tasks[run] = asyncio.create_task(self._runner.run(run))
        # A callback and not a wrapper: a task that is cancelled before its first step never enters its coroutine.
        task.add_done_callback(lambda ended: self._ended(run, ended))

    def _ended(self, run: NodeRun, task: asyncio.Task[Event]) -> None:
        if self._tasks.pop(run, None) is None:
            return
        if task.cancelled():
            crash = Failure("NODE_CRASHED", "The node was cancelled from inside.", run.node.id)
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
            self._reporter.log("warning", run.node.id, f"The node did not stop within {CANCEL_SECONDS:g} seconds.")
            self.post(NodeStopped(run))

    def _watch_time(self, run: NodeRun) -> None:
        seconds = run.node.node.timeout_seconds
        if seconds is not None:
            failure = Failure(
                "TIMEOUT", f"The node did not end within {seconds:g} seconds.", run.node.id, retryable=True
            )
            timer = asyncio.get_running_loop().call_later(seconds, self.post, TimeIsUp(run, failure))
            self._timers.append(timer)

    async def _end_tasks(self) -> None:
        # Not a TaskGroup: it would wait for a node that ignores its cancellation for ever.
        tasks = [*self._tasks.values(), *self._given_up]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=CANCEL_SECONDS)


def _outcome(
    plan: Plan, finish: Finish, environments: Environments, state: ExecutionState, reporter: Reporter
) -> Outcome:
    if finish.status != "completed":
        return Outcome(finish.status, failure=reporter.masked_failure(finish.failure))
    environment = environments.at(state.top.frame)
    try:
        if finish.complete or not isinstance(plan.output.source, dict):
            output = plan.output.resolve(environment)
        else:
            output = {key: _or_null(value, environment) for key, value in plan.output.source.items()}
    except ExpressionError as error:
        return Outcome("failed", failure=Failure("OUTPUT_FAILED", f"The workflow's output: {error}"))
    return Outcome("completed", output=reporter.masker.json(output))


def _or_null(value: Json, environment: Any) -> Json:
    """One part of the output after a stop node: what has not run by then is null."""
    try:
        found: Json = compile_template(value).resolve(environment)
    except MissingError:
        return None
    return found
