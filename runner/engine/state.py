"""The state machine of an execution: `step(event) -> commands`.

Pure: no I/O, no clock, no event loop, no expression. Owns what each event does, and when the execution is over or can
only wait; how the graph is walked is the subject of `walk`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from runner.engine.calls import CallRun
from runner.engine.containers import ContainerRun
from runner.engine.events import Failure
from runner.engine.messages import (
    Begin,
    BreakpointsSet,
    CallRead,
    Command,
    ConditionRead,
    Continued,
    DebugEvent,
    Event,
    Finish,
    ItemsRead,
    NodeDone,
    NodeFailed,
    NodeStopped,
    NodeWaits,
    OutputRead,
    PauseAsked,
    Record,
    Sleep,
    Stepped,
    StopRequested,
    TimeIsUp,
    WaitOver,
)
from runner.engine.plan import Plan
from runner.engine.request import DebugOptions, Recorded
from runner.engine.scopes import Space
from runner.engine.walk import Walk
from runner.workflow import declarations
from runner.workflow.documents import Json


class ExecutionState(Walk):
    """Everything an execution knows about itself."""

    def __init__(
        self,
        plan: Plan,
        space: Space,
        *,
        recorded: Mapping[str, Recorded] | None = None,
        pins: Mapping[str, Json] | None = None,
        debug: DebugOptions | None = None,
    ) -> None:
        super().__init__(plan, space, recorded=recorded, pins=pins, debug=debug)
        self._handlers: dict[type[Any], Callable[[Any], None]] = {
            Begin: lambda _: self._start(self.top),
            NodeDone: self._node_done,
            NodeFailed: lambda event: self.fail(event.run, event.failure),
            NodeStopped: lambda event: self.stopped(event.run),
            ItemsRead: lambda event: event.run.items_read(self, event),
            ConditionRead: lambda event: event.run.condition_read(self, event),
            CallRead: lambda event: event.run.call_read(self, event),
            OutputRead: lambda event: event.run.output_read(self, event.output),
            NodeWaits: self._node_waits,
            WaitOver: self._wait_over,
            TimeIsUp: self._time_is_up,
            **dict.fromkeys((Continued, Stepped, PauseAsked, BreakpointsSet), self._debug),
            StopRequested: lambda event: self._end(Finish(event.status, event.failure, complete=False), hard=False),
        }

    def step(self, event: Event) -> list[Command]:
        """Take in one event and answer what is to be done, in order. Events after the end change nothing."""
        if self.finished:
            return []
        self._handlers[type(event)](event)
        while self._queue:
            action, arguments = self._queue.popleft()
            action(*arguments)
        if self._waits.held:
            self._suspend_if_nothing_else_goes_on()
        commands, self._commands = self._commands, []
        return commands

    @property
    def is_waiting(self) -> bool:
        """Whether something is to come from outside though nothing is at work."""
        return self._debugger.is_holding or self._waits.any

    # -- events ---------------------------------------------------------------------------------------------------

    def _node_done(self, event: NodeDone) -> None:
        run = event.run
        space = run.scope.frame.space
        if event.variables:
            space.variables = {**space.variables, **event.variables}
        self.complete(run, event.output, event.port, event.variables)
        if run.node.type == declarations.CONTROL_STOP and isinstance(event.output, dict):
            ending = _finish_by_stop(run.id, event.output)
            if isinstance(space.caller, CallRun):
                space.caller.end_by_stop(self, ending)
            else:
                self._end(ending, hard=True)

    def _time_is_up(self, event: TimeIsUp) -> None:
        run = event.run
        if run in run.scope.active and isinstance(run, ContainerRun):
            run.time_is_up(self, event.failure)

    def _node_waits(self, event: NodeWaits) -> None:
        run = event.run
        if run.scope.aborting:
            self.stopped(run)
            return
        at_top = run.scope is self.top
        if event.wait.seconds is not None:
            self.emit(Sleep(run, event.wait.seconds))
        elif not at_top:
            message = "A node that waits for a person stands at the top level of the workflow that was started."
            self.fail(run, Failure("APPROVAL_NOT_AT_TOP", message, run.id))
            return
        self._waits.add(run, event.wait, at_top=at_top)

    def _wait_over(self, event: WaitOver) -> None:
        wait = self._waits.end(event.run)
        if wait is not None:
            self.complete(event.run, wait.request)

    def _debug(self, event: DebugEvent) -> None:
        for run in self._debugger.take(event):
            self._begin(run)

    def _end(self, ending: Finish, *, hard: bool) -> None:
        # The first reason to end is the one that counts.
        self._ending = self._ending or ending
        self.abort_scope(self.top, hard=hard)

    def _suspend_if_nothing_else_goes_on(self) -> None:
        if self.finished or self._ending or not self._waits.may_suspend(self.top.active):
            return
        self.finished = True
        for run in self._waits.held:
            self.emit(Record(run, "waiting"))
        self.emit(Finish("suspended", complete=False, waits=tuple(self._waits.held.values())))


def _finish_by_stop(node_id: str, output: Mapping[str, Any]) -> Finish:
    if output.get("status") != "fail":
        return Finish("completed", complete=False)
    message = str(output.get("message") or "The workflow was ended by a stop node.")
    return Finish("failed", Failure("STOPPED_BY_WORKFLOW", message, node_id), complete=False)
