"""The loop of events out: makes deliveries of new events and sends what is due, each endpoint beside the others.

`run_once` starts what may start and does not wait for receivers. Each endpoint has a few places of its own, so a slow
one takes nothing from the rest. Any number of processes may run it; what a killed one held goes again when its leases
end.
"""

import asyncio
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import structlog

from services.kit.loops import every, wait_for_any
from services.kit.translation import is_outage
from services.scheduler.delivery import queue, verdicts
from services.scheduler.delivery.model import Attempt, Due, Outcome, Target
from services.scheduler.delivery.payload import build_body
from services.scheduler.delivery.sender import Sender, message_id
from services.scheduler.delivery.settings import DeliveryTimes
from services.scheduler.delivery.types import DISABLED
from services.scheduler.evidence.bell import Bell

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

log = structlog.get_logger()

FAN_OUT_BATCH: Final = 500
OVERDUE_BATCH: Final = 1_000
IS_ANYBODY_THERE: Final = "SELECT EXISTS (SELECT FROM event_interest)"
COALESCE_SECONDS: Final = 0.02
"""Bells within this time are one."""
DRAIN_SECONDS: Final = 5.0
IDLE_SECONDS: Final = 60.0


class Pump:
    """`run` until stopped; or `run_once` and `finish_sending`, in tests."""

    def __init__(self, pool: "Pool", sender: Sender, times: DeliveryTimes, bell: Bell | None = None) -> None:
        self._pool = pool
        self._sender = sender
        self._times = times
        self._bell = bell
        self._jitter = random.Random()  # noqa: S311 - spreads load, guards nothing
        self._sending: dict[asyncio.Task[None], str] = {}
        self._wake = asyncio.Event()
        self._listeners = asyncio.Event()
        """Set while somebody wants events: only then bells are listened to."""
        self._silence = asyncio.Event()
        """Set to stop listening."""
        self._next_sweep = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; then what is being sent gets a few seconds to end."""
        hearing = asyncio.create_task(self._hear(stop))
        try:
            await every(self._times.poll_seconds, self.run_once, stop=stop, wake=self._wake, name="delivery")
            with suppress(TimeoutError):
                await asyncio.wait_for(self.finish_sending(), DRAIN_SECONDS)
        finally:
            self._silence.set()
            tasks = [hearing, *self._sending]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def run_once(self) -> None:
        """Takes new events, and starts sending what is due as far as places are free."""
        async with self._pool.acquire() as connection:
            if await connection.fetchval(IS_ANYBODY_THERE):
                self._listeners.set()
            else:
                self._listeners.clear()
                self._silence.set()
            while await connection.fetchval(queue.FAN_OUT, FAN_OUT_BATCH, self._times.window_seconds) == FAN_OUT_BATCH:
                pass
            if time.monotonic() >= self._next_sweep:
                self._next_sweep = time.monotonic() + self._times.sweep_seconds
                await connection.execute(queue.PARK_OVERDUE, OVERDUE_BATCH)
                await connection.execute(queue.UNBLOCK)
            busy = Counter(self._sending.values())
            for endpoint in await queue.waiting(connection):
                target = endpoint.target
                free = self._times.places - busy[target.endpoint_id]
                if endpoint.is_open:
                    probing = free > 0 and await queue.probe(connection, target.endpoint_id, self._times.lease_seconds)
                    free = 1 if probing else 0
                if free > 0:
                    found = await queue.claim(
                        connection, target.endpoint_id, free, self._times.lease_seconds, is_probe=endpoint.is_open
                    )
                    for due in found:
                        self._start(due, target)

    async def finish_sending(self) -> None:
        """Waits until nothing is being sent."""
        while self._sending:
            await asyncio.wait(list(self._sending))

    def _start(self, due: Due, target: Target) -> None:
        task = asyncio.create_task(self._deliver(due, target))
        self._sending[task] = due.endpoint_id
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._sending[task]
        # What becomes due by this end is taken together with what else ends now.
        task.get_loop().call_later(COALESCE_SECONDS, self._wake.set)

    async def _deliver(self, due: Due, target: Target) -> None:
        try:
            attempt = await self._attempt_or_fault(due, target)
            if attempt is not None:
                await self._settle(due, attempt)
        except Exception as error:  # noqa: BLE001 - the lease ends and it is sent again; the others must not suffer
            log.warning("delivery not settled", delivery=due.id, endpoint=due.endpoint_id, error=repr(error))

    async def _attempt_or_fault(self, due: Due, target: Target) -> Attempt | None:
        """A fault of the Hub in one delivery counts as a failed attempt: it is seen in the log and ends some day."""
        try:
            return await self._attempt(due, target)
        except Exception as error:
            if is_outage(error):
                raise
            log.exception("delivery cannot be made", delivery=due.id, endpoint=due.endpoint_id)
            fault = f"The Hub met an error of its own: {type(error).__name__}. Its log holds the details."
            return Attempt(datetime.now(UTC), 0.0, Outcome.RETRY, {}, error=fault)

    async def _attempt(self, due: Due, target: Target) -> Attempt | None:
        deadline = time.monotonic() + self._times.lease_seconds - self._times.answer_seconds
        async with self._pool.acquire() as connection:
            body = await build_body(connection, due.event)
        if time.monotonic() > deadline:
            return None  # so late that another process may have taken it
        return await self._sender.send(target, message_id(due.event.id), body)

    async def _settle(self, due: Due, attempt: Attempt) -> None:
        if attempt.outcome is Outcome.RETRY and due.is_over:
            attempt = replace(attempt, outcome=Outcome.PARKED)
        backoff = self._times.backoff
        wait_seconds = backoff.delay(due.tries, attempt.retry_after_seconds, self._jitter)
        async with self._pool.acquire() as connection:
            if attempt.outcome is Outcome.DELIVERED:
                await queue.settle(connection, due, attempt, wait_seconds, backoff.first)
                return
            async with connection.transaction():
                if await queue.settle(connection, due, attempt, wait_seconds, backoff.first):
                    await self._judge_endpoint(connection, due.endpoint_id, attempt)

    async def _judge_endpoint(self, connection: "Connection", endpoint_id: str, attempt: Attempt) -> None:
        """What a failure says of the endpoint as a whole."""
        if verdicts.is_of_the_endpoint(attempt.response_status):
            backoff = self._times.backoff
            failures = await queue.failed(connection, endpoint_id, attempt.error)
            asked = min(attempt.retry_after_seconds or 0.0, backoff.probe_longest)
            pause = max(backoff.probe_delay(failures), asked)
            if pause:
                await connection.execute(queue.OPEN, endpoint_id, pause)
        elif attempt.response_status == verdicts.GONE:
            await queue.disable(connection, endpoint_id, "The receiver answered 410 Gone.", DISABLED)

    async def _hear(self, stop: asyncio.Event) -> None:
        """Listens to bells while somebody wants events: else they would wake this process for nothing."""
        while self._bell is not None and not stop.is_set():
            await wait_for_any(IDLE_SECONDS, stop, self._listeners)
            if self._listeners.is_set() and not stop.is_set():
                self._silence.clear()
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._bell.run(self._silence))
                    tasks.create_task(self._wake_at_bells(self._bell))

    async def _wake_at_bells(self, bell: Bell) -> None:
        with bell.subscribe() as rung:
            while not self._silence.is_set():
                await wait_for_any(IDLE_SECONDS, self._silence, rung)
                if rung.is_set():
                    await wait_for_any(COALESCE_SECONDS, self._silence)
                    rung.clear()  # before the look: a bell from here on wakes once more
                    self._wake.set()
