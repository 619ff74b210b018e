"""try: body, then catch after a failure, then finally in any case."""

from typing import Literal

from runner.engine.containers import ContainerRun, Flow
from runner.engine.events import Failure
from runner.engine.messages import Record
from runner.engine.plan import PlanLevel, PlanNode
from runner.engine.scopes import Scope

Phase = Literal["body", "catch", "finally"]


class TryRun(ContainerRun):
    """One run of a try. Its scopes share the frame around it, so that catch and finally see what the body did."""

    __slots__ = ("_caught", "_inner", "_phase", "_timed_out")

    def __init__(self, scope: Scope, node: PlanNode) -> None:
        super().__init__(scope, node)
        self._phase: Phase = "body"
        self._inner: Scope | None = None
        self._caught: Failure | None = None
        self._timed_out = False

    def begin(self, flow: Flow) -> None:
        """Run the body."""
        flow.emit(Record(self, "running"))
        self._open(flow, "body", self.node.containers.get("body", PlanLevel((), (), ())))

    def scope_failed(self, flow: Flow, scope: Scope, failure: Failure) -> None:
        """Nothing to do before the scope is quiet."""

    def scope_over(self, flow: Flow, scope: Scope) -> None:
        """Go on to the next phase."""
        self._inner = None
        if self.hard:
            flow.stopped(self)
            return
        if scope.failure is not None and not self._timed_out:
            if self._phase == "body" and not self.stopping and "catch" in self.node.containers:
                self._catch(flow, scope.failure)
                return
            self.failure = scope.failure
        if self._phase != "finally" and "finally" in self.node.containers:
            self._open(flow, "finally", self.node.containers["finally"])
        else:
            self._end(flow)

    def abort(self, flow: Flow, *, hard: bool) -> None:
        """End body or catch; a finally that runs is left to end by itself unless the end is hard."""
        self.stopping = True
        self.hard = self.hard or hard
        if self._inner is not None and (hard or self._phase != "finally"):
            flow.abort_scope(self._inner, hard=hard)

    def time_is_up(self, flow: Flow, failure: Failure) -> None:
        """End body or catch with a failure that the own catch does not see."""
        if self._phase == "finally" or self._timed_out or self._inner is None:
            return
        self._timed_out = True
        self.failure = failure
        flow.abort_scope(self._inner, hard=False)

    def _open(self, flow: Flow, phase: Phase, level: PlanLevel) -> None:
        self._phase = phase
        self._inner = flow.open_scope(level, self.scope.frame, self.path, self)

    def _catch(self, flow: Flow, failure: Failure) -> None:
        self._caught = failure
        # Written before the try is over, so that its own catch can read why it runs.
        self.scope.frame.outputs[self.node.id] = {"output": {"failure": failure.as_json()}}
        self._open(flow, "catch", self.node.containers["catch"])

    def _end(self, flow: Flow) -> None:
        if self.stopping:
            flow.stopped(self, self.failure)
        elif self.failure is not None:
            flow.fail(self, self.failure)
        else:
            flow.complete(self, {"failure": self._caught.as_json() if self._caught else None})
