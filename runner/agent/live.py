"""An open session, and what the session's parts need of the agent's work."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from runner.agent.attempts import Held
from runner.agent.model import Instruction, Offer
from runner.agent.pausing import Pause
from runner.agent.transport import Stream, Transport


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the Hub says this runner is, at each authentication."""

    runner_id: str
    name: str
    labels: tuple[str, ...]
    slots: int


class SessionWork(Protocol):
    """What a session needs of the agent. None of these may block."""

    def held(self) -> Sequence[Held]:
        """Every attempt that is told at Hello and in beats."""
        ...

    def paused(self) -> Pause | None:
        """Whether the runner's owner wants no work, told at Hello and in beats."""
        ...

    def accepts_work(self) -> bool:
        """False while offers would be declined whatever they are: draining, or no disk."""
        ...

    def free_slots(self) -> int:
        """How many offers would be accepted now."""
        ...

    def enrolled(self, enrolment: Enrolment) -> None:
        """Authenticated."""
        ...

    def welcomed(self, hub_incarnation: str) -> None:
        """A session is open."""
        ...

    def offered(self, offers: Sequence[Offer]) -> None:
        """Work to take."""
        ...

    def instructed(self, instructions: Sequence[Instruction], sent_at: float | None) -> None:
        """The Hub's words; `sent_at` is when the renewal they answer was sent, None for a push."""
        ...

    def asked_to_drain(self, draining: bool) -> None:
        """The Hub starts or ends a drain of this runner."""
        ...


@dataclass(slots=True)
class Live:
    """An open session."""

    transport: Transport
    epoch: int
    number: int
    """Counts Hellos of this agent; see `Session.number`."""
    beat_seconds: float
    poll_seconds: float
    ended: asyncio.Future[Exception]
    """Why it is over, once it is."""
    streams: list[Stream[Any, Any]] = field(default_factory=list)

    def end(self, error: Exception) -> None:
        """Give the session up; the first reason counts."""
        if not self.ended.done():
            self.ended.set_result(error)

    def cancel_streams(self) -> None:
        """End every stream at once."""
        for stream in self.streams:
            stream.cancel()
