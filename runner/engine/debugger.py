"""Holds nodes before they begin: breakpoints, single steps, running to a node. Pure; `state` asks it.

A pause holds everything that would begin after it, in all branches. What is at work goes on.
"""

from runner.engine.messages import BreakpointsSet, Continued, DebugEvent, PauseAsked
from runner.engine.request import DebugOptions
from runner.engine.scopes import NodeRun


class Debugger:
    """Which node runs are held, in the order in which they came."""

    def __init__(self, options: DebugOptions | None) -> None:
        options = options or DebugOptions()
        self._breakpoints = options.breakpoints
        self._run_to = options.run_to
        self._holding = options.paused
        self._held: dict[NodeRun, None] = {}
        self.watches = False
        """Whether anything may be held: asked before every node, so that nobody pays who does not debug."""
        self._look()

    @property
    def is_holding(self) -> bool:
        """Whether a node waits for a word of the person who debugs."""
        return bool(self._held)

    def hold(self, run: NodeRun) -> bool:
        """Whether this run has to wait; then it is remembered."""
        here = run.id in self._breakpoints or run.id == self._run_to
        if not here and not self._holding:
            return False
        if run.id == self._run_to:
            self._run_to = None
        self._holding = True
        self._held[run] = None
        return True

    def forget(self, run: NodeRun) -> bool:
        """The run is to end; whether it was held."""
        return self._held.pop(run, run) is None

    def take(self, event: DebugEvent) -> list[NodeRun]:
        """Follow a word of the person; answers the runs that may begin now."""
        freed: list[NodeRun] = []
        if isinstance(event, BreakpointsSet):
            self._breakpoints = event.nodes
        elif isinstance(event, PauseAsked):
            self._holding = True
        elif isinstance(event, Continued):
            self._holding = False
            self._run_to = event.run_to
            freed = list(self._held)
        else:
            self._holding = True
            freed = list(self._held)[:1]
        for run in freed:
            del self._held[run]
        self._look()
        return freed

    def _look(self) -> None:
        self.watches = bool(self._holding or self._breakpoints or self._run_to)
