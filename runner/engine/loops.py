"""forEach and while: one scope a turn."""

from abc import abstractmethod

from runner.engine.containers import ContainerRun, Flow
from runner.engine.events import Failure
from runner.engine.messages import ConditionRead, ItemsRead, ReadCondition, ReadItems
from runner.engine.plan import PlanLevel, PlanNode
from runner.engine.scopes import Frame, Scope
from runner.workflow.documents import Json

_NO_BODY = PlanLevel((), (), ())


class LoopRun(ContainerRun):
    """What both loops share: turns that run, the first failure that ends them all."""

    __slots__ = ("_asked", "_turns", "body")

    def __init__(self, scope: Scope, node: PlanNode) -> None:
        super().__init__(scope, node)
        self.body = node.containers.get("body", _NO_BODY)
        self._turns: set[Scope] = set()
        self._asked = False
        """Whether an answer is on its way; the loop cannot end before it is there."""

    def scope_failed(self, flow: Flow, scope: Scope, failure: Failure) -> None:
        """The first failure of a turn ends the others."""
        self._end_turns(flow, failure, but=scope)

    def scope_over(self, flow: Flow, scope: Scope) -> None:
        """A turn is over."""
        self._turns.discard(scope)
        if self.failure is not None or self.stopping:
            self._end_when_quiet(flow)
        else:
            self._turn_done(flow, scope)

    def abort(self, flow: Flow, *, hard: bool) -> None:
        """End all turns."""
        self.stopping = True
        for turn in tuple(self._turns):
            flow.abort_scope(turn, hard=hard)
        flow.later(self._end_when_quiet, flow)

    def time_is_up(self, flow: Flow, failure: Failure) -> None:
        """End all turns, then fail."""
        self._end_turns(flow, failure, but=None)
        flow.later(self._end_when_quiet, flow)

    def _end_turns(self, flow: Flow, failure: Failure, but: Scope | None) -> None:
        if self.failure is None:
            self.failure = failure
        for turn in tuple(self._turns):
            if turn is not but:
                flow.abort_scope(turn, hard=False)

    def _end_when_quiet(self, flow: Flow) -> None:
        if self._turns or self._asked or self not in self.scope.active:
            return
        if self.stopping:
            flow.stopped(self, self.failure)
        elif self.failure is not None:
            flow.fail(self, self.failure)

    def _open_turn(self, flow: Flow, index: int, frame: Frame) -> None:
        self._turns.add(flow.open_scope(self.body, frame, (*self.path, (self.node.id, index)), self))

    @abstractmethod
    def _turn_done(self, flow: Flow, turn: Scope) -> None: ...


class ForEachRun(LoopRun):
    """Turns over a list, several at a time if allowed."""

    __slots__ = ("_items", "_next")

    def __init__(self, scope: Scope, node: PlanNode) -> None:
        super().__init__(scope, node)
        self._items: list[Json] = []
        self._next = 0

    def begin(self, flow: Flow) -> None:
        """Ask for the items."""
        self._asked = True
        flow.emit(ReadItems(self))

    def items_read(self, flow: Flow, event: ItemsRead) -> None:
        """Start the first turns."""
        self._asked = False
        if self.stopping or self.failure is not None:
            self._end_when_quiet(flow)
            return
        self._items = event.items if self.body.nodes else []
        if not self._items:
            flow.complete(self, {"count": len(event.items)})
            return
        for _ in range(min(event.parallel, len(self._items))):
            self._open_next(flow)

    def _open_next(self, flow: Flow) -> None:
        index = self._next
        self._next += 1
        item = self._items[index]
        around = self.scope.frame
        frame = Frame(around.space, around, (self.node.id, {"item": item, "index": index}))
        frame.item, frame.index, frame.in_loop = item, index, True
        self._open_turn(flow, index, frame)

    def _turn_done(self, flow: Flow, turn: Scope) -> None:  # noqa: ARG002 - turns of a forEach know nothing of each other
        if self._next < len(self._items):
            self._open_next(flow)
        elif not self._turns:
            flow.complete(self, {"count": len(self._items)})


class WhileRun(LoopRun):
    """Turns as long as a condition holds, which sees the outputs of the turn before."""

    __slots__ = ("_index", "condition_frame")

    def __init__(self, scope: Scope, node: PlanNode) -> None:
        super().__init__(scope, node)
        self._index = 0
        self.condition_frame = scope.frame

    def begin(self, flow: Flow) -> None:
        """Ask for the first answer."""
        self._ask(flow, self.scope.frame)

    def condition_read(self, flow: Flow, event: ConditionRead) -> None:
        """Take a turn or end."""
        self._asked = False
        if self.stopping or self.failure is not None:
            self._end_when_quiet(flow)
        elif not event.holds:
            flow.complete(self, {"count": self._index})
        elif self._index >= event.most:
            message = f"The condition still holds after {event.most} turns. Raise maxIterations or mend the condition."
            flow.fail(self, Failure("MAX_ITERATIONS", message, self.id))
        else:
            self._open_turn(flow, self._index, self._frame(self.scope.frame))
            self._index += 1

    def _turn_done(self, flow: Flow, turn: Scope) -> None:
        self._ask(flow, turn.frame)

    def _ask(self, flow: Flow, last: Frame) -> None:
        self._asked = True
        self.condition_frame = self._frame(last)
        flow.emit(ReadCondition(self, self._index))

    def _frame(self, parent: Frame) -> Frame:
        return Frame(parent.space, parent, (self.node.id, {"index": self._index}))
