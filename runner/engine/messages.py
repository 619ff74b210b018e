"""What the state machine is told and what it orders: its whole interface to the world."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from runner.engine.events import Failure, NodeStatus, OutcomeStatus
from runner.engine.scopes import NodeRun
from runner.workflow.documents import Json

# -- what happened ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Begin:
    """The execution starts."""


@dataclass(frozen=True, slots=True)
class NodeDone:
    """A node did its work."""

    run: NodeRun
    output: Json = None
    port: str = "out"
    variables: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NodeFailed:
    """A node failed for good, its retries included."""

    run: NodeRun
    failure: Failure


@dataclass(frozen=True, slots=True)
class NodeStopped:
    """A node ended because it was told to stop."""

    run: NodeRun


@dataclass(frozen=True, slots=True)
class ItemsRead:
    """The items of a forEach, and how many turns may run at a time."""

    run: NodeRun
    items: list[Json]
    parallel: int = 1


@dataclass(frozen=True, slots=True)
class ConditionRead:
    """Whether a while takes another turn; `most` turns are allowed."""

    run: NodeRun
    holds: bool
    most: int


@dataclass(frozen=True, slots=True)
class TimeIsUp:
    """A container took longer than it may."""

    run: NodeRun
    failure: Failure


@dataclass(frozen=True, slots=True)
class StopRequested:
    """The execution is to end softly: by a person, or because its time is over."""

    status: Literal["stopped", "failed"] = "stopped"
    failure: Failure | None = None


Event = Begin | NodeDone | NodeFailed | NodeStopped | ItemsRead | ConditionRead | TimeIsUp | StopRequested

# -- what is to be done -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RunNode:
    """Run a node; answered by NodeDone, NodeFailed or NodeStopped."""

    run: NodeRun


@dataclass(frozen=True, slots=True)
class ReadItems:
    """Compute a forEach's config; answered by ItemsRead or NodeFailed."""

    run: NodeRun


@dataclass(frozen=True, slots=True)
class ReadCondition:
    """Compute a while's condition before the turn of this index; answered by ConditionRead or NodeFailed."""

    run: NodeRun
    index: int


@dataclass(frozen=True, slots=True)
class CancelNode:
    """Stop a running node; answered by NodeStopped unless it ends by itself at the same time."""

    run: NodeRun


@dataclass(frozen=True, slots=True)
class Record:
    """Tell what became of a node run."""

    run: NodeRun
    status: NodeStatus
    output: Json = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Finish:
    """The execution is over. `complete` is false when it ended before all its nodes were decided."""

    status: OutcomeStatus
    failure: Failure | None = None
    complete: bool = True


Command = RunNode | ReadItems | ReadCondition | CancelNode | Record | Finish
