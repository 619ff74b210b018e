"""A workflow called by a node: a scope with inputs, variables and node ids of its own, within the same execution."""

from collections.abc import Mapping
from typing import Any

from runner.engine.containers import ContainerRun, Flow
from runner.engine.events import MAX_CALL_DEPTH, Failure
from runner.engine.messages import CallRead, Finish, ReadCall, ReadOutput
from runner.engine.plan import Plan, PlanNode
from runner.engine.request import CalledWorkflow, CallKey
from runner.engine.scopes import Frame, Scope, Space
from runner.nodes.base import NodeFailure
from runner.workflow.documents import Json
from runner.workflow.inputs import complete_inputs


class CallRun(ContainerRun):
    """One run of a node that calls a workflow. A stop node inside ends the called workflow, not its caller."""

    __slots__ = ("_asked", "_ending", "_inner", "plan")

    def __init__(self, scope: Scope, node: PlanNode) -> None:
        super().__init__(scope, node)
        self.plan: Plan | None = None
        self._inner: Scope | None = None
        self._asked = False
        """Whether an answer is on its way; the call cannot end before it is there."""
        self._ending: Finish | None = None

    @property
    def frame(self) -> Frame:
        """What the called workflow's output is computed from."""
        assert self._inner is not None
        return self._inner.frame

    def begin(self, flow: Flow) -> None:
        """Ask which workflow, and with what."""
        self._asked = True
        flow.emit(ReadCall(self))

    def call_read(self, flow: Flow, event: CallRead) -> None:
        """Start the called workflow."""
        self._asked = False
        if self.stopping or self.failure is not None:
            self._end(flow)
            return
        self.plan = event.called.plan
        around = self.scope.frame.space
        space = Space(event.inputs, event.variables, (*around.chain, event.called.workflow_id), self)
        self._inner = flow.open_scope(self.plan.top, Frame(space), self.path, self)

    def end_by_stop(self, flow: Flow, ending: Finish) -> None:
        """A stop node inside: the first one counts."""
        self._ending = self._ending or ending
        if self._inner is not None:
            flow.abort_scope(self._inner, hard=True)

    def scope_failed(self, flow: Flow, scope: Scope, failure: Failure) -> None:
        """Nothing to do before the scope is quiet."""

    def scope_over(self, flow: Flow, scope: Scope) -> None:
        """Compute the output, unless the call failed or is to end."""
        self.failure = self.failure or scope.failure or (self._ending.failure if self._ending else None)
        if self.stopping or self.failure is not None:
            self._end(flow)
            return
        self._asked = True
        flow.emit(ReadOutput(self, complete=self._ending is None))

    def output_read(self, flow: Flow, output: Json) -> None:
        """The called workflow is done."""
        self._asked = False
        if self.stopping or self.failure is not None:
            self._end(flow)
        else:
            flow.complete(self, output)

    def abort(self, flow: Flow, *, hard: bool) -> None:
        """End the called workflow; its `finally` bodies run unless the end is hard."""
        self.stopping = True
        self._interrupt(flow, hard=hard)

    def time_is_up(self, flow: Flow, failure: Failure) -> None:
        """End the called workflow, then fail."""
        self.failure = self.failure or failure
        self._interrupt(flow, hard=False)

    def _interrupt(self, flow: Flow, *, hard: bool) -> None:
        if self._inner is not None and not self._inner.over:
            flow.abort_scope(self._inner, hard=hard)

    def _end(self, flow: Flow) -> None:
        if self not in self.scope.active or self._asked:
            return
        if self.stopping:
            flow.stopped(self, self.failure)
        elif self.failure is not None:
            flow.fail(self, self.failure)


def begin_call(run: CallRun, config: Any, calls: Mapping[CallKey, CalledWorkflow]) -> CallRead:
    """What a call begins with. Raises NodeFailure when the workflow is not there, calls itself, or lacks an input."""
    called = calls.get((config.workflow_id, config.version or 0))
    if called is None:
        message = f"The workflow {config.workflow_id} did not come with this execution. Start a new one."
        raise NodeFailure("WORKFLOW_UNAVAILABLE", message)
    chain = run.scope.frame.space.chain
    if called.workflow_id in chain or len(chain) >= MAX_CALL_DEPTH:
        message = f"The workflow would call itself: {' → '.join([*chain, called.workflow_id])}."
        raise NodeFailure("WORKFLOW_RECURSION", message)
    graph = called.plan.graph
    inputs, problems = complete_inputs(graph.inputs, config.inputs)
    if problems:
        raise NodeFailure("INPUT_INVALID", " ".join(problem.message for problem in problems))
    return CallRead(run, called, inputs, {variable.name: variable.initial for variable in graph.variables})
