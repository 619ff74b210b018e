"""What the runner's owner sees and does: the state of everything in plain data, stop, pause.

Owns the shape in which it is shown (camelCase JSON). How it is shown is the business of `runner.page`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from runner.agent import machine
from runner.agent.attempts import Attempts, Held
from runner.agent.conduct import Conductor
from runner.agent.contact import Contact
from runner.agent.housekeeping import Housekeeping
from runner.agent.identity import VERSION
from runner.agent.pausing import PauseSwitch
from runner.agent.recent import RecentRuns, Run
from runner.agent.reporter import Reporter
from runner.agent.slots import Running, Slots
from runner.desktop import seat

OWNER = "the runner's owner"


@dataclass(frozen=True, slots=True)
class Sights:
    """The parts of the agent that are looked at."""

    attempts: Attempts
    slots: Slots
    reporter: Reporter
    recent: RecentRuns
    contact: Contact
    housekeeping: Housekeeping
    pause: PauseSwitch


class Desk:
    """`conductor` is there while the agent runs; `changed` tells the agent of a pause and of its end."""

    def __init__(self, address: str, sights: Sights, changed: Callable[[], None]) -> None:
        self._address = address
        self._sights = sights
        self._changed = changed
        self.conductor: Conductor | None = None
        self.draining_for_hub = False
        self.leaving = False

    @property
    def recent(self) -> RecentRuns:
        """The last executions."""
        return self._sights.recent

    def stop(self, attempt_id: str | None = None) -> int:
        """Stop one execution softly, or all; returns how many there were to stop."""
        if self.conductor is None:
            return 0
        if attempt_id is not None:
            return int(self.conductor.stop_one(attempt_id, OWNER))
        count = len(self._sights.slots)
        self.conductor.stop_all(OWNER)
        return count

    def pause(self) -> None:
        """Take no further work, also after a restart. Raises OSError when that cannot be kept."""
        self._sights.pause.pause()
        self._changed()

    def resume(self) -> None:
        """Take work again."""
        self._sights.pause.resume()
        self._changed()

    def state(self) -> dict[str, Any]:
        """Everything but the logs. Reads one small file; costs no more than some milliseconds."""
        sights, pause = self._sights, self._sights.pause.now
        return {
            "now": datetime.now(UTC).isoformat(),
            "runner": self._runner(),
            "hub": self._hub(),
            "pausedAt": _text(pause.since if pause else None),
            "draining": self.draining_for_hub,
            "leaving": self.leaving,
            "diskFull": sights.housekeeping.disk_full,
            "untold": sum(held.phase == "finished" for held in sights.attempts),
            "unsentBytes": sights.reporter.unsent_bytes,
            "running": [self._running(running) for running in sights.slots],
            "screenUsedBy": self._screen_user(),
            "recent": [_run(run) for run in sights.recent],
        }

    def _runner(self) -> dict[str, Any]:
        enrolment, load = self._sights.contact.enrolment, self._sights.contact.load
        return {
            "name": enrolment.name if enrolment else machine.hostname(),
            "labels": list(enrolment.labels) if enrolment else [],
            "slots": self._sights.slots.count,
            "version": VERSION,
            "platform": machine.description(),
            "cpuPercent": load and load.cpu_percent,
            "memoryPercent": load and load.memory_percent,
            "diskFree": load and load.disk_free,
        }

    def _hub(self) -> dict[str, Any]:
        contact = self._sights.contact
        return {
            "address": self._address,
            "connectedSince": _text(contact.connected_since),
            "heardAt": _text(contact.heard_at),
            "trouble": contact.trouble,
        }

    def _running(self, running: Running) -> dict[str, Any]:
        held = self._sights.attempts.get(running.offer.attempt_id)
        run = self._sights.recent.get(running.offer.attempt_id)
        return {
            "attemptId": running.offer.attempt_id,
            "executionId": running.offer.execution_id,
            "workflow": run.facts.workflow if run else "Workflow",
            "beganAt": _text(held.began_at) if held else None,
            "node": _node_name(held, run),
            "stopping": bool(running.stopped_by or running.disk_full or (held and held.stop_reason)),
        }

    def _screen_user(self) -> str | None:
        """The execution of this runner that has mouse and keyboard."""
        mine = {running.offer.execution_id for running in self._sights.slots}
        use = seat.current_use() if mine else None
        return use.execution_id if use is not None and use.execution_id in mine else None


def _run(run: Run) -> dict[str, Any]:
    facts = run.facts
    return {
        "attemptId": facts.attempt_id,
        "executionId": facts.execution_id,
        "workflow": facts.workflow,
        "version": facts.version,
        "draft": facts.draft,
        "status": facts.status,
        "beganAt": facts.began_at,
        "endedAt": facts.ended_at,
        "failure": facts.failure,
        "stoppedBy": facts.stopped_by,
        "pictures": len(facts.pictures),
    }


def _node_name(held: Held | None, run: Run | None) -> str:
    """The name of the node that was last heard of; of a node in a called workflow, that of the calling node."""
    node_id = held.current_node_id if held else ""
    if not node_id or run is None or run.plan is None:
        return node_id
    node = run.plan.nodes.get(node_id.partition("/")[0])
    return node.node.name or node_id if node else node_id


def _text(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
