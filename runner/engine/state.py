"""The state machine of an execution: `step(event) -> commands`.

Pure: no I/O, no clock, no event loop, no expression. Owns when a node runs, is skipped or is stopped, what a failure
ends, and when the execution is over. Work inside a step goes through a queue, so that long chains do not recurse.
"""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from runner.engine.containers import ContainerRun
from runner.engine.events import Failure, LoopPath, Recorded
from runner.engine.loops import ForEachRun, WhileRun
from runner.engine.messages import (
    Begin,
    CancelNode,
    Command,
    ConditionRead,
    Event,
    Finish,
    ItemsRead,
    NodeDone,
    NodeFailed,
    NodeStopped,
    Record,
    RunNode,
    StopRequested,
    TimeIsUp,
)
from runner.engine.plan import Plan, PlanLevel, PlanNode
from runner.engine.scopes import Frame, NodeRun, Scope
from runner.engine.tries import TryRun
from runner.workflow import declarations
from runner.workflow.documents import Json

_CONTAINERS: dict[str, type[ContainerRun]] = {
    declarations.CONTROL_FOR_EACH: ForEachRun,
    declarations.CONTROL_WHILE: WhileRun,
    declarations.CONTROL_TRY: TryRun,
}


class ExecutionState:
    """Everything an execution knows about itself. `variables` is replaced at each write, never changed."""

    def __init__(
        self,
        plan: Plan,
        inputs: Mapping[str, Json],
        variables: Mapping[str, Json],
        recorded: Mapping[str, Recorded] | None = None,
    ) -> None:
        self.inputs = dict(inputs)
        self.variables = dict(variables)
        self.top = Scope(plan.top, Frame(), ())
        self.finished = False
        self._recorded = recorded or {}
        self._ending: Finish | None = None
        self._commands: list[Command] = []
        self._queue: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._handlers: dict[type[Any], Callable[[Any], None]] = {
            Begin: lambda _: self._start(self.top),
            NodeDone: self._node_done,
            NodeFailed: lambda event: self.fail(event.run, event.failure),
            NodeStopped: lambda event: self.stopped(event.run),
            ItemsRead: lambda event: event.run.items_read(self, event),
            ConditionRead: lambda event: event.run.condition_read(self, event),
            TimeIsUp: self._time_is_up,
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
        commands, self._commands = self._commands, []
        return commands

    # -- what containers use --------------------------------------------------------------------------------------

    def emit(self, command: Command) -> None:
        """Order something."""
        self._commands.append(command)

    def later(self, action: Callable[..., None], *arguments: Any) -> None:
        """Do something after what is being done, within the same step."""
        self._queue.append((action, arguments))

    def open_scope(self, level: PlanLevel, frame: Frame, path: LoopPath, owner: ContainerRun) -> Scope:
        """Start a run of a level."""
        scope = Scope(level, frame, path, owner)
        self.later(self._start, scope)
        return scope

    def abort_scope(self, scope: Scope, *, hard: bool) -> None:
        """Stop what runs in a scope; nothing new starts in it."""
        if scope.over or (scope.aborting and not hard):
            return
        scope.aborting = True
        for run in tuple(scope.active):
            if isinstance(run, ContainerRun):
                run.abort(self, hard=hard)
            else:
                self.emit(CancelNode(run))
        self.later(self._check_over, scope)

    def complete(self, run: NodeRun, output: Json, port: str = "out") -> None:
        """A node run ended well: keep its output, decide the edges out of it."""
        run.scope.frame.outputs[run.node.id] = {"output": output}
        self.emit(Record(run, "completed", output))
        self._leave(run, port)

    def fail(self, run: NodeRun, failure: Failure) -> None:
        """A node run failed: go on as its onError says, or end the scope."""
        self.emit(Record(run, "failed", failure=failure))
        on_error = run.node.node.on_error
        if on_error == "fail":
            run.scope.active.discard(run)
            if not run.scope.aborting:
                self._fail_scope(run.scope, failure)
            self.later(self._check_over, run.scope)
            return
        run.scope.frame.outputs[run.node.id] = {"output": {"failure": failure.as_json()}}
        self._leave(run, declarations.ERROR_PORT if on_error == "errorPort" else run.node.pass_port)

    def stopped(self, run: NodeRun, failure: Failure | None = None) -> None:
        """A node run was ended from outside."""
        self.emit(Record(run, "failed" if failure else "stopped", failure=failure))
        run.scope.active.discard(run)
        self.later(self._check_over, run.scope)

    # -- events ---------------------------------------------------------------------------------------------------

    def _node_done(self, event: NodeDone) -> None:
        run = event.run
        if event.variables:
            self.variables = {**self.variables, **event.variables}
        self.complete(run, event.output, event.port)
        if run.node.type == declarations.CONTROL_STOP and isinstance(event.output, dict):
            self._end(_finish_by_stop(run.node.id, event.output), hard=True)

    def _time_is_up(self, event: TimeIsUp) -> None:
        run = event.run
        if run in run.scope.active and isinstance(run, ContainerRun):
            run.time_is_up(self, event.failure)

    def _end(self, ending: Finish, *, hard: bool) -> None:
        # The first reason to end is the one that counts.
        self._ending = self._ending or ending
        self.abort_scope(self.top, hard=hard)

    # -- scopes ---------------------------------------------------------------------------------------------------

    def _start(self, scope: Scope) -> None:
        if not scope.aborting:
            for index in scope.level.entries:
                self._activate(scope, scope.level.nodes[index])
        self._check_over(scope)

    def _fail_scope(self, scope: Scope, failure: Failure) -> None:
        scope.failure = failure
        if scope.owner is None:
            self._ending = self._ending or Finish("failed", failure, complete=False)
        else:
            scope.owner.scope_failed(self, scope, failure)
        self.abort_scope(scope, hard=False)

    def _check_over(self, scope: Scope) -> None:
        if scope.over or scope.active or (scope.undecided and not scope.aborting):
            return
        scope.over = True
        if scope.owner is not None:
            scope.owner.scope_over(self, scope)
            return
        self.finished = True
        self.emit(self._ending or Finish("completed"))

    # -- nodes ----------------------------------------------------------------------------------------------------

    def _activate(self, scope: Scope, node: PlanNode) -> None:
        if scope is self.top and node.id in self._recorded:
            recorded = self._recorded[node.id]
            scope.frame.outputs[node.id] = {"output": recorded.output}
            self._release(scope, node, recorded.port)
        elif node.node.disabled:
            self.emit(Record(NodeRun(scope, node), "skipped"))
            self._release(scope, node, node.pass_port)
        elif (container := _CONTAINERS.get(node.type)) is not None:
            run = container(scope, node)
            scope.active.add(run)
            run.begin(self)
        else:
            leaf = NodeRun(scope, node)
            scope.active.add(leaf)
            self.emit(RunNode(leaf))

    def _leave(self, run: NodeRun, port: str) -> None:
        run.scope.active.discard(run)
        if run.scope.aborting:
            self.later(self._check_over, run.scope)
        else:
            self._release(run.scope, run.node, port)

    def _release(self, scope: Scope, node: PlanNode, taken_port: str | None) -> None:
        """Decide every edge out of a node: those of one port are taken, all others dead."""
        scope.undecided -= 1
        for port, targets in node.exits:
            for target in targets:
                self._queue.append((self._decide, (scope, target, port == taken_port)))
        if not scope.undecided:
            self._queue.append((self._check_over, (scope,)))

    def _decide(self, scope: Scope, index: int, taken: bool) -> None:
        if scope.aborting:
            return
        node = scope.level.nodes[index]
        scope.waiting[index] -= 1
        first = taken and not scope.taken[index]
        if taken:
            scope.taken[index] = 1
        if node.waits_for_any:
            if first:
                self._activate(scope, node)
                return
            if scope.taken[index]:
                return
        if scope.waiting[index]:
            return
        if scope.taken[index]:
            self._activate(scope, node)
        else:
            self.emit(Record(NodeRun(scope, node), "skipped"))
            self._release(scope, node, None)


def _finish_by_stop(node_id: str, output: Mapping[str, Any]) -> Finish:
    if output.get("status") != "fail":
        return Finish("completed", complete=False)
    message = str(output.get("message") or "The workflow was ended by a stop node.")
    return Finish("failed", Failure("STOPPED_BY_WORKFLOW", message, node_id), complete=False)
