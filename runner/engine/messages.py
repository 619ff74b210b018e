"""What the state machine is told and what it orders: its whole interface to the world."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from runner.engine.events import Failure, NodeStatus, OutcomeStatus, Wait
from runner.engine.request import CalledWorkflow, Recorded
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


@dataclass(frozen=True, slots=True)
class CallRead:
    """The workflow that a node calls, with what it begins with."""

    run: NodeRun
    called: CalledWorkflow
    inputs: Mapping[str, Json]
    variables: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class OutputRead:
    """The output of a called workflow."""

    run: NodeRun
    output: Json


@dataclass(frozen=True, slots=True)
class NodeWaits:
    """A node waits, for a person or for a time that may be long."""

    run: NodeRun
    wait: Wait


@dataclass(frozen=True, slots=True)
class WaitOver:
    """The time a node waited for has come."""

    run: NodeRun


@dataclass(frozen=True, slots=True)
class Continued:
    """The debugger lets go everything it holds; `run_to` is where it pauses next, besides the breakpoints."""

    run_to: str | None = None


@dataclass(frozen=True, slots=True)
class Stepped:
    """The debugger lets go the node that was held first, and holds what follows."""


@dataclass(frozen=True, slots=True)
class PauseAsked:
    """The debugger holds every node from now on before it begins."""


@dataclass(frozen=True, slots=True)
class BreakpointsSet:
    """The nodes before which the debugger pauses, all of them."""

    nodes: frozenset[str]


DebugEvent = Continued | Stepped | PauseAsked | BreakpointsSet
Event = (
    Begin
    | NodeDone
    | NodeFailed
    | NodeStopped
    | ItemsRead
    | ConditionRead
    | CallRead
    | OutputRead
    | NodeWaits
    | WaitOver
    | TimeIsUp
    | StopRequested
    | DebugEvent
)

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
class ReadCall:
    """Compute what a called workflow begins with; answered by CallRead or NodeFailed."""

    run: NodeRun


@dataclass(frozen=True, slots=True)
class ReadOutput:
    """Compute a called workflow's output, which is `complete` or ended early; answered by OutputRead or NodeFailed."""

    run: NodeRun
    complete: bool


@dataclass(frozen=True, slots=True)
class Sleep:
    """Answer WaitOver after so many seconds, whatever else happens meanwhile."""

    run: NodeRun
    seconds: float


@dataclass(frozen=True, slots=True)
class Record:
    """Tell what became of a node run: `port` is the one it was left by, `variables` what it wrote."""

    run: NodeRun
    status: NodeStatus
    output: Json = None
    failure: Failure | None = None
    port: str | None = None
    variables: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RecordGiven:
    """Tell of a node that was taken as done."""

    run: NodeRun
    given: Recorded


@dataclass(frozen=True, slots=True)
class Finish:
    """The execution is over. `complete` is false when it ended before all its nodes were decided.

    With `waits` it is not over, but nothing can be done before one of them is.
    """

    status: OutcomeStatus
    failure: Failure | None = None
    complete: bool = True
    waits: tuple[Wait, ...] = ()


Command = (
    RunNode | ReadItems | ReadCondition | ReadCall | ReadOutput | CancelNode | Sleep | Record | RecordGiven | Finish
)
