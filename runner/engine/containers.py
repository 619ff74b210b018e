"""What loops and try have in common, and what the state machine offers them."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Protocol

from runner.engine.events import Failure, LoopPath
from runner.engine.messages import Command
from runner.engine.plan import PlanLevel, PlanNode
from runner.engine.scopes import Frame, NodeRun, Scope
from runner.workflow.documents import Json


class Flow(Protocol):
    """The side of the state machine that containers use."""

    def emit(self, command: Command) -> None:
        """Order something."""
        ...

    def later(self, action: Callable[..., None], *arguments: Any) -> None:
        """Do something after what is being done, within the same step."""
        ...

    def open_scope(self, level: PlanLevel, frame: Frame, path: LoopPath, owner: "ContainerRun") -> Scope:
        """Start a run of a level; `owner.scope_over` hears of its end."""
        ...

    def abort_scope(self, scope: Scope, *, hard: bool) -> None:
        """Stop what runs in a scope; `hard` leaves out `finally`."""
        ...

    def complete(self, run: NodeRun, output: Json, port: str = "out") -> None:
        """A node run ended well."""
        ...

    def fail(self, run: NodeRun, failure: Failure) -> None:
        """A node run failed; its onError decides what follows."""
        ...

    def stopped(self, run: NodeRun, failure: Failure | None = None) -> None:
        """A node run was ended from outside; `failure` when it failed on the way out."""
        ...


class ContainerRun(NodeRun, ABC):
    """A run of a node with levels inside. `stopping` is true once something outside has ended it."""

    __slots__ = ("failure", "hard", "stopping")

    def __init__(self, scope: Scope, node: PlanNode) -> None:
        super().__init__(scope, node)
        self.stopping = False
        self.hard = False
        self.failure: Failure | None = None

    @abstractmethod
    def begin(self, flow: Flow) -> None:
        """Start the first scope, or ask for what is needed to start it."""

    @abstractmethod
    def scope_failed(self, flow: Flow, scope: Scope, failure: Failure) -> None:
        """An uncaught failure is ending a scope inside; its end follows."""

    @abstractmethod
    def scope_over(self, flow: Flow, scope: Scope) -> None:
        """Nothing runs in a scope inside any more; `scope.failure` says whether it failed."""

    @abstractmethod
    def abort(self, flow: Flow, *, hard: bool) -> None:
        """End, because something outside ends; answered by `flow.stopped`."""

    @abstractmethod
    def time_is_up(self, flow: Flow, failure: Failure) -> None:
        """End with this failure, because it took too long."""
