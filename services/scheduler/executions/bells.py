"""Bells after a commit: work may be claimable, somebody may be watching. Nothing waits for a bell; all may be lost.

A lone bell is answered here, at once; what is accepted while none sounds is claimed without one. Bells that come while
this process claims go to the dispatch workers as arq jobs through Redis, who share every burst (infra/decisions/0008).
After three failures in a row to reach them the circuit opens for five seconds; this process then claims alone, as it
does without Redis.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Literal, Protocol

import structlog

from services.kit.loops import wait_for_any
from services.scheduler.executions.calls import Aftermath
from services.scheduler.executions.model import Offer
from services.scheduler.executions.ringer import Ringer

log = structlog.get_logger()

FAILURES_ALLOWED = 3
OPEN_SECONDS = 5.0
IDLE_SECONDS = 60.0
RING_SECONDS = 1.0
"""Longest that one ring may take before it counts as failed."""


class Doorbell(Protocol):
    """Asks the dispatch workers to claim."""

    async def ring(self) -> None:
        """Raises when the workers cannot be asked now."""
        ...


class Breaker:
    """Counts failures in a row; open, it spares its user the next try. `now` is monotonic seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._failures = 0
        self._open_until = 0.0

    @property
    def closed(self) -> bool:
        """True when a try is worth it: nothing failed lately, or the pause is over (then one failure opens again)."""
        return self._now() >= self._open_until

    def succeeded(self) -> None:
        """The circuit is whole."""
        self._failures = 0

    def failed(self) -> bool:
        """Counts a failure; True when it opens the circuit."""
        self._failures += 1
        if self._failures < FAILURES_ALLOWED:
            return False
        self._open_until = self._now() + OPEN_SECONDS
        self._failures = FAILURES_ALLOWED - 1
        return True


class Bells:
    """Collects what commits make necessary; `run` rings. One bell stands for all that were rung while it sounded."""

    def __init__(
        self,
        *,
        ringer: Ringer,
        claim_here: Callable[[], Awaitable[object]],
        carry: Callable[[Sequence[Offer]], Awaitable[bool]],
        doorbell: Doorbell | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        self._ringer = ringer
        self._claim_here = claim_here
        self._carry = carry
        self._doorbell = doorbell
        self._breaker = breaker or Breaker()
        self._dispatch_due = asyncio.Event()
        self._claiming: asyncio.Task[None] | None = None
        self._deliveries: set[asyncio.Task[None]] = set()

    @property
    def idle(self) -> bool:
        """True when no bell of this process sounds: whoever has something claimable may as well claim it itself."""
        return not self._dispatch_due.is_set() and (self._claiming is None or self._claiming.done())

    @property
    def way(self) -> Literal["redis", "away", "none"]:
        """How those who claim are woken now: by Redis, past one that does not answer, or without any."""
        if self._doorbell is None:
            return "none"
        return "redis" if self._breaker.closed else "away"

    def settle(self, aftermath: Aftermath) -> None:
        """Call after the commit."""
        self.changed(aftermath.topics)
        if aftermath.dispatch:
            self.dispatch()

    def deliver(self, offers: Sequence[Offer]) -> None:
        """Sends offers that were claimed outside of a bell, in the background."""
        delivery = asyncio.create_task(self._deliver(offers))
        self._deliveries.add(delivery)
        delivery.add_done_callback(self._deliveries.discard)

    def dispatch(self) -> None:
        """Something may have become claimable."""
        self._dispatch_due.set()

    def changed(self, topics: Iterable[str]) -> None:
        """Readers of these topics may look again."""
        self._ringer.ring(topics)

    async def run(self, stop: asyncio.Event) -> None:
        """Claims, or asks the workers to, until `stop`; what is under way is then finished."""
        async with asyncio.TaskGroup() as tasks:
            while not stop.is_set():
                await wait_for_any(IDLE_SECONDS, stop, self._dispatch_due)
                if not self._dispatch_due.is_set():
                    continue
                self._dispatch_due.clear()
                if self._claiming is not None and not self._claiming.done():
                    if await self._ask_workers():
                        continue
                    # What this bell is about may have come after the claim under way looked.
                    await self._claiming
                self._claiming = tasks.create_task(self._claim())
        await asyncio.gather(*self._deliveries)

    async def _deliver(self, offers: Sequence[Offer]) -> None:
        try:
            if await self._carry(offers):
                self.dispatch()
        except Exception as error:  # noqa: BLE001 - an offer that was not sent expires, and is made again
            log.warning("delivering failed", error=repr(error))

    async def _claim(self) -> None:
        try:
            await self._claim_here()
        except Exception as error:  # noqa: BLE001 - the reconciler claims it again within seconds
            log.warning("claiming failed", error=repr(error))

    async def _ask_workers(self) -> bool:
        """True when they were asked."""
        if self._doorbell is None or not self._breaker.closed:
            return False
        try:
            async with asyncio.timeout(RING_SECONDS):
                await self._doorbell.ring()
        except Exception as error:  # noqa: BLE001 - whatever keeps the bell from ringing, work is claimed here
            if self._breaker.failed():
                log.warning("dispatch workers cannot be reached, claiming alone", error=repr(error))
            return False
        self._breaker.succeeded()
        return True
