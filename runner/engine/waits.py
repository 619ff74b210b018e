"""Nodes that wait for a person or a time, and when an execution that can do nothing else may leave its runner. Pure."""

from collections.abc import Collection

from runner.engine.events import Wait
from runner.engine.scopes import NodeRun

SUSPEND_SECONDS = 60.0
"""Shorter delays are waited for on the runner: another attempt costs more."""


class Waits:
    """`held` are the waits of the top level; those inside containers only keep their runner."""

    def __init__(self) -> None:
        self.held: dict[NodeRun, Wait] = {}
        self._inside: dict[NodeRun, Wait] = {}

    @property
    def any(self) -> bool:
        """Whether any node waits, at whatever level."""
        return bool(self.held or self._inside)

    def add(self, run: NodeRun, wait: Wait, *, at_top: bool) -> None:
        """A node waits."""
        (self.held if at_top else self._inside)[run] = wait

    def end(self, run: NodeRun) -> Wait | None:
        """The wait is over; None when it ended before in another way."""
        return self.held.pop(run, None) or self._inside.pop(run, None)

    def forget(self, run: NodeRun) -> bool:
        """The run is to end; whether it waited."""
        return self.end(run) is not None

    def may_suspend(self, active: Collection[NodeRun]) -> bool:
        """Whether all that is active at the top level waits, and for long."""
        return all(
            (wait := self.held.get(run)) is not None and (wait.seconds is None or wait.seconds >= SUSPEND_SECONDS)
            for run in active
        )
