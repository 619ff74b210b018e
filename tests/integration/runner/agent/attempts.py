"""What a scripted Hub knows of one attempt, and what goes wrong in it on purpose."""

import time
from dataclasses import dataclass, field
from typing import Any

from exekra.scheduler.v1 import attempt_pb2 as apb


@dataclass
class Attempt:
    """What the Hub knows of one attempt. `status`: offered, running, finished, over (told to stop, or lost)."""

    offer: apb.Offer
    status: str = "offered"
    offered_at: float = 0.0
    node_events: dict[int, apb.NodeEvent] = field(default_factory=dict)
    log_lines: dict[int, apb.LogLine] = field(default_factory=dict)
    first_event_at: float = 0.0
    finishes: list[apb.FinishRecord] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    """To each Finish, in order."""
    order: "apb.AttemptOrder" = apb.ATTEMPT_ORDER_CONTINUE
    hello_phases: list[tuple[int, bool]] = field(default_factory=list)
    """(phase, alive) at each Hello."""

    @property
    def id(self) -> str:
        return self.offer.attempt.attempt_id

    @property
    def finish(self) -> apb.FinishRecord:
        return self.finishes[0]

    def take(self, events: Any, lines: Any) -> None:
        if events and not self.first_event_at:
            self.first_event_at = time.monotonic()
        self.node_events.update({event.seq: event for event in events})
        self.log_lines.update({line.seq: line for line in lines})

    def dense(self) -> tuple[int, int]:
        return _dense(self.node_events), _dense(self.log_lines)


@dataclass
class Faults:
    """What goes wrong on purpose; counters are used up."""

    lose_acknowledge_answers: int = 0
    lose_finish_answers: int = 0
    stale_session_answers: int = 0
    silent_beats: bool = False
    """Beats are not answered: leases are not renewed."""
    give_away_accepted: bool = False
    """At Hello, what was accepted and not begun goes to another runner though this one lives."""
    hold_declarations: bool = False
    """The question for node types is never answered."""
    deaf_to_reports: bool = False
    """Reports are neither kept nor answered."""
    cut_upload_after: int = 0
    """Bytes after which an upload breaks once."""


def _dense(items: dict[int, Any]) -> int:
    number = 0
    while number + 1 in items:
        number += 1
    return number
