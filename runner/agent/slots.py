"""The executions that run here: who occupies a slot, until when each may go on, and how each is stopped.

Owns leases and timers. Why something must stop is decided elsewhere, except for the end of a lease and of its time.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import structlog

from runner.agent.clock import boottime
from runner.agent.lease import LeaseBook
from runner.agent.model import Offer
from runner.agent.work import Work

LEASE_TICK_SECONDS = 0.5

log = structlog.get_logger("runner.slots")


@dataclass(slots=True)
class Running:
    """An attempt that occupies a slot."""

    offer: Offer
    work: Work | None = None
    """None while it has not begun: then there is nothing to stop."""
    fenced: bool = False
    """The runner stopped it by its own lease: no failure may be told."""
    stopped_by: str = ""
    """The runner's owner, when it was stopped here and not by the Hub."""
    timed_out: bool = False
    disk_full: bool = False
    """The runner ended it while its result could still be written."""
    kill_timer: asyncio.TimerHandle | None = None
    deadline_timer: asyncio.TimerHandle | None = None

    def cancel_timers(self) -> None:
        """It ended."""
        for timer in (self.kill_timer, self.deadline_timer):
            if timer is not None:
                timer.cancel()


class Slots:
    """Running attempts by id; `count` is how many there may be."""

    def __init__(self, leases: LeaseBook, stop_seconds: float) -> None:
        self.count = 1
        self._leases = leases
        self._stop_seconds = stop_seconds
        self._running: dict[str, Running] = {}
        self._lease_changed = asyncio.Event()

    def __len__(self) -> int:
        return len(self._running)

    def __iter__(self) -> Iterator[Running]:
        return iter(list(self._running.values()))

    def get(self, attempt_id: str) -> Running | None:
        """The attempt, or None when it occupies no slot."""
        return self._running.get(attempt_id)

    def occupy(self, offer: Offer) -> Running:
        """Give an offer a slot."""
        running = self._running[offer.attempt_id] = Running(offer)
        return running

    def free(self, attempt_id: str) -> None:
        """The slot is free again."""
        self._leases.drop(attempt_id)
        self._running.pop(attempt_id, None)

    def lease(self, attempt_id: str, seconds: float, sent_at: float) -> float:
        """Grant a first lease; returns the instant of the self-stop."""
        until = self._leases.grant(attempt_id, seconds, sent_at)
        self._lease_changed.set()
        return until

    def renew(self, attempt_id: str, seconds: float, sent_at: float) -> None:
        """The Hub acknowledged a renewal. What was stopped by its lease stays stopped."""
        running = self._running.get(attempt_id)
        if running is not None and running.work is not None and not running.fenced:
            running.work.renew(self.lease(attempt_id, seconds, sent_at))

    def limit_time(self, running: Running) -> None:
        """Kill what has not ended well after its time; the engine itself ends what listens at its time."""
        seconds = running.offer.timeout_seconds
        if seconds > 0:
            loop = asyncio.get_running_loop()
            running.deadline_timer = loop.call_later(seconds + self._stop_seconds, self._time_is_up, running)

    def stop(self, running: Running, *, at_once: bool) -> None:
        """Softly, with the kill of the tree some time later, or by the kill at once. Nothing for what has not begun."""
        if running.work is None:
            return
        if at_once:
            running.work.kill()
        elif running.kill_timer is None:
            log.info("stopping", attempt=running.offer.attempt_id)
            running.work.stop()
            running.kill_timer = asyncio.get_running_loop().call_later(self._stop_seconds, running.work.kill)

    async def guard_leases(self) -> None:
        """Stop what may not go on without a word from the Hub; runs for ever."""
        while True:
            self._lease_changed.clear()
            try:
                # Woken at least this often, because a machine that slept wakes with leases long over.
                async with asyncio.timeout(_pause(self._leases.next_change())):
                    await self._lease_changed.wait()
            except TimeoutError:
                self._stop_fenced(boottime())

    def _stop_fenced(self, now: float) -> None:
        for attempt_id in self._leases.due(now):
            running = self._running.get(attempt_id)
            if running is not None and not running.fenced:
                log.warning("lease runs out, stopping", attempt=attempt_id)
                running.fenced = True
                self.stop(running, at_once=False)
        for attempt_id in self._leases.over(now):
            running = self._running.get(attempt_id)
            if running is not None:
                self.stop(running, at_once=True)

    @staticmethod
    def _time_is_up(running: Running) -> None:
        running.timed_out = True
        if running.work is not None:
            running.work.kill()


def _pause(next_change: float | None) -> float:
    if next_change is None:
        return LEASE_TICK_SECONDS
    return min(LEASE_TICK_SECONDS, max(0.0, next_change - boottime()))
