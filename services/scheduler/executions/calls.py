"""What a registry process asks for its runners, and what it is answered, as plain data (the shapes of the Link)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from services.scheduler.evidence.model import ReportedBatch
from services.scheduler.executions.model import Answer, Finish, Instruction, Offer


class Phase(StrEnum):
    """How far an attempt came by the runner's journal."""

    ACCEPTED = "ACCEPTED"
    BEGUN = "BEGUN"
    FINISHED = "FINISHED"


@dataclass(frozen=True, slots=True)
class Held:
    """An attempt that a runner holds. `alive`: its process tree lives since this boot."""

    execution_id: str
    attempt_id: str
    phase: Phase
    alive: bool


@dataclass(frozen=True, slots=True)
class Pause:
    """The runner's owner wants it to take no work: since when by the runner's clock, and by which account there."""

    since: datetime
    by: str


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A runner said Hello."""

    boot_id: str
    runner_name: str
    labels: Sequence[str]
    capabilities: Sequence[str]
    slots: int
    draining: bool
    attempts: Sequence[Held]
    version: str
    other_boot_answers: bool
    pause: Pause | None


@dataclass(frozen=True, slots=True)
class RenewSession:
    """A heartbeat."""

    attempts: Sequence[Held]
    draining: bool
    pause: Pause | None


@dataclass(frozen=True, slots=True)
class SetPoll:
    """The poll stream opened, changed or closed."""

    open: bool
    capabilities: Sequence[str]


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """The runner journalled that it accepted the offer."""

    attempt_id: str


@dataclass(frozen=True, slots=True)
class Decline:
    """The runner does not take the offer; not `delivered`: it never saw it."""

    attempt_id: str
    reason: str
    delivered: bool


@dataclass(frozen=True, slots=True)
class Report:
    """Node events and log lines of an attempt."""

    batch: ReportedBatch


@dataclass(frozen=True, slots=True)
class FinishAttempt:
    """The end of an attempt, with what was not reported before."""

    attempt_id: str
    finish: Finish
    rest: ReportedBatch


@dataclass(frozen=True, slots=True)
class CloseSession:
    """The streams are gone; after a goodbye nothing of the runner is at work any more."""

    goodbye: bool


@dataclass(frozen=True, slots=True)
class UpdateRunner:
    """The registry's own data about a runner changed."""

    name: str
    labels: Sequence[str]
    slots: int
    enabled: bool
    draining: bool
    deleted: bool


Body = (
    OpenSession | RenewSession | SetPoll | Acknowledge | Decline | Report | FinishAttempt | CloseSession | UpdateRunner
)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a runner, as its registry numbered it."""

    id: int
    runner_id: str
    epoch: int
    body: Body


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a call; which fields count depends on the call."""

    call: Call
    answer: Answer = Answer.OK
    offers: Sequence[Offer] = ()
    instructions: Sequence[Instruction] = ()
    node_seq: int = 0
    log_seq: int = 0
    epoch: int = 0
    session_id: str = ""
    refused_reason: str = ""
    hub_incarnation: str = ""


@dataclass(slots=True)
class Aftermath:
    """What a transaction makes necessary once it is committed."""

    topics: set[str] = field(default_factory=set)
    dispatch: bool = False
    """Something may have become claimable."""
    seats_left: bool = False
    """Seats became free that nothing was found for. Work that was committed in the same moment did not see them either:
    look once more."""
