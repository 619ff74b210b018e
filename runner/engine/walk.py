"""The walk through the graph: what starts when, what an end decides, what a failure ends. The inner part of `state`.

Pure. Owns scopes, node runs and edges. Work inside a step goes through a queue, so that long chains do not recurse.
"""

from collections import deque
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from runner.engine.calls import CallRun
from runner.engine.containers import ContainerRun
from runner.engine.debugger import Debugger
from runner.engine.events import Failure, LoopPath
from runner.engine.loops import ForEachRun, WhileRun
from runner.engine.messages import CancelNode, Command, Finish, Record, RecordGiven, RunNode
from runner.engine.plan import Plan, PlanLevel, PlanNode
from runner.engine.request import DebugOptions, Recorded
from runner.engine.scopes import Frame, NodeRun, Scope, Space
from runner.engine.tries import TryRun
from runner.engine.waits import Waits
from runner.workflow import declarations
from runner.workflow.documents import Json

_CONTAINERS: dict[str, type[ContainerRun]] = {
    declarations.CONTROL_FOR_EACH: ForEachRun,
    declarations.CONTROL_WHILE: WhileRun,
    declarations.CONTROL_TRY: TryRun,
    declarations.CONTROL_SUBWORKFLOW: CallRun,
}


class Walk:
    """The state of an execution's scopes.

    `recorded` are nodes of the top level that are taken as done, `pins` outputs that stand for nodes at any depth.
    """

    def __init__(
        self,
        plan: Plan,
        space: Space,
        *,
        recorded: Mapping[str, Recorded] | None = None,
        pins: Mapping[str, Json] | None = None,
        debug: DebugOptions | None = None,
    ) -> None:
        self.top = Scope(plan.top, Frame(space), ())
        self.finished = False
        self._space = space
        self._recorded = recorded or {}
        self._pins = pins or {}
        self._debugger = Debugger(debug)
        self._waits = Waits()
        self._ending: Finish | None = None
        self._commands: list[Command] = []
        self._queue: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()

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
            if self._debugger.forget(run) or self._waits.forget(run):
                self.later(self.stopped, run)
            elif isinstance(run, ContainerRun):
                run.abort(self, hard=hard)
            else:
                self.emit(CancelNode(run))
        self.later(self._check_over, scope)

    def complete(
        self, run: NodeRun, output: Json, port: str = "out", variables: Mapping[str, Json] = MappingProxyType({})
    ) -> None:
        """A node run ended well: keep its output, decide the edges out of it."""
        run.scope.frame.outputs[run.node.id] = {"output": output}
        self.emit(Record(run, "completed", output, port=port, variables=variables))
        self._leave(run, port)

    def fail(self, run: NodeRun, failure: Failure) -> None:
        """A node run failed: go on as its onError says, or end the scope."""
        on_error = run.node.node.on_error
        if on_error == "fail":
            self.emit(Record(run, "failed", failure=failure))
            run.scope.active.discard(run)
            if not run.scope.aborting:
                self._fail_scope(run.scope, failure)
            self.later(self._check_over, run.scope)
            return
        port = declarations.ERROR_PORT if on_error == "errorPort" else run.node.pass_port
        self.emit(Record(run, "failed", failure=failure, port=port))
        run.scope.frame.outputs[run.node.id] = {"output": {"failure": failure.as_json()}}
        self._leave(run, port)

    def stopped(self, run: NodeRun, failure: Failure | None = None) -> None:
        """A node run was ended from outside."""
        self.emit(Record(run, "failed" if failure else "stopped", failure=failure))
        run.scope.active.discard(run)
        self.later(self._check_over, run.scope)

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
        given = self._given(scope, node) if self._recorded or self._pins else None
        if given is not None:
            scope.frame.outputs[node.id] = {"output": given.output}
            self.emit(RecordGiven(NodeRun(scope, node), given))
            self._release(scope, node, given.port)
            return
        if node.node.disabled:
            self.emit(Record(NodeRun(scope, node), "skipped"))
            self._release(scope, node, node.pass_port)
            return
        container = _CONTAINERS.get(node.type)
        run = container(scope, node) if container else NodeRun(scope, node)
        scope.active.add(run)
        if self._debugger.watches and self._debugger.hold(run):
            self.emit(Record(run, "paused"))
        else:
            self._begin(run)

    def _begin(self, run: NodeRun) -> None:
        if isinstance(run, ContainerRun):
            run.begin(self)
        else:
            self.emit(RunNode(run))

    def _given(self, scope: Scope, node: PlanNode) -> Recorded | None:
        """What is known of a node before it runs."""
        if scope is self.top and node.id in self._recorded:
            return self._recorded[node.id]
        if scope.frame.space is self._space and node.id in self._pins and not node.node.disabled:
            return self._pinned(scope.frame.space, node, self._pins[node.id])
        return None

    @staticmethod
    def _pinned(space: Space, node: PlanNode, pin: Json) -> Recorded:
        """A pin stands for the node's run, and that of a node which sets variables wrote its output."""
        if node.type != declarations.DATA_SET or not isinstance(pin, dict):
            return Recorded(pin, node.port_of(pin))
        space.variables = {**space.variables, **{name: pin[name] for name in pin if name in space.variables}}
        return Recorded(pin, node.port_of(pin), variables=True)

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
