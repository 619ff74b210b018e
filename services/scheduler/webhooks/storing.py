"""The transaction of the inbox: a batch of judged deliveries, each known again, held, refused, or launched.

Either all of it is committed or nothing. What two processes take in at the same time under one delivery id is stored
by one of them: the other finds that row and answers the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from services.kit.errors import DomainError, Kind
from services.kit.translation import is_outage
from services.scheduler.executions.model import Offer
from services.scheduler.executions.use_cases import Accepted, Submission, Submissions
from services.scheduler.outcomes.admission import admit
from services.scheduler.outcomes.model import Admission
from services.scheduler.webhooks.batching import Batches
from services.scheduler.webhooks.launching import actor
from services.scheduler.webhooks.model import Delivery, Hook, Outcome
from services.scheduler.webhooks.repository import inbox

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

STORED_AT_ONCE = 32
BATCHES_AT_ONCE = 2
RACES = 5


@dataclass(frozen=True, slots=True)
class Judged:
    """A delivery on its way in. `wanted` None: no execution, and `delivery.outcome` says so; `refusal` tells why."""

    hook: Hook
    delivery: Delivery
    wanted: Submission | None
    refusal: DomainError | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same as another one; the second part is empty when the sender gave no id."""
        return self.delivery.trigger_id, self.delivery.dedupe_id


@dataclass(frozen=True, slots=True)
class Stored:
    """What stands in the inbox for a delivery. `duplicate`: it stood there before."""

    delivery_id: str
    outcome: Outcome
    execution_id: str | None
    duplicate: bool = False
    refusal: DomainError | None = None


class _RacedError(Exception):
    """Somebody else stored one of the deliveries meanwhile."""


@dataclass(slots=True)
class _Batch:
    """What one transaction did."""

    results: list[Stored | None]
    deliveries: list[Delivery]
    accepted: list[Accepted]
    offers: Sequence[Offer] = ()


class Storing:
    """Stores what comes at the same time together."""

    def __init__(self, pool: "Pool", submissions: Submissions) -> None:
        self._pool = pool
        self._submissions = submissions
        self._batches: Batches[Judged, Stored] = Batches(self._handle, most=STORED_AT_ONCE, at_once=BATCHES_AT_ONCE)

    async def store(self, judged: Judged) -> Stored:
        """After the commit. Raises UNAVAILABLE while the database is away."""
        return await self._batches.do(judged)

    async def _handle(self, batch: Sequence[Judged]) -> Sequence[Stored]:
        for _ in range(RACES):
            try:
                done = await self._transact(batch)
            except _RacedError:
                continue
            self._submissions.announce(done.accepted, done.offers)
            return [result for result in done.results if result is not None]
        raise DomainError(Kind.UNAVAILABLE, "BUSY", "The same delivery comes too often at once. Try again.")

    async def _transact(self, batch: Sequence[Judged]) -> _Batch:
        done = _Batch([None] * len(batch), [], [])
        async with self._pool.acquire() as connection, connection.transaction():
            first = await self._recognise(connection, batch, done)
            fresh = [index for index in range(len(batch)) if done.results[index] is None and index not in first]
            paused = {batch[index].hook.trigger_id for index in fresh if batch[index].hook.paused}
            admissions = await admit(connection, paused) if paused else {}
            for index in fresh:
                done.results[index] = await self._decide(connection, batch[index], admissions, done)
            if done.deliveries and await inbox.insert_deliveries(connection, done.deliveries) < len(done.deliveries):
                raise _RacedError
            if done.accepted:
                done.offers = await self._submissions.claim_if_idle(connection)
        for index, original in first.items():
            result = done.results[original]
            done.results[index] = replace(result, duplicate=True) if result else None
        return done

    async def _recognise(self, connection: "Connection", batch: Sequence[Judged], done: _Batch) -> dict[int, int]:
        """Answers what was taken in before, and tells which of the batch repeat an earlier one of it."""
        keys = {judged.key for judged in batch if judged.delivery.dedupe_id}
        known = await inbox.find_known(connection, sorted(keys)) if keys else {}
        seen: dict[tuple[str, str], int] = {}
        repeats: dict[int, int] = {}
        for index, judged in enumerate(batch):
            if not judged.delivery.dedupe_id:
                continue
            row = known.get(judged.key)
            if row is not None:
                execution_id = str(row["execution_id"]) if row["execution_id"] else None
                done.results[index] = Stored(str(row["id"]), Outcome(row["outcome"]), execution_id, duplicate=True)
            elif judged.key in seen:
                repeats[index] = seen[judged.key]
            else:
                seen[judged.key] = index
        return repeats

    async def _decide(
        self, connection: "Connection", judged: Judged, admissions: Mapping[str, Admission], done: _Batch
    ) -> Stored:
        """Launches, holds or refuses one delivery; its row is added to the batch."""
        delivery, refusal = judged.delivery, judged.refusal
        if judged.wanted is not None and admissions.get(delivery.trigger_id) is Admission.HOLD:
            message = "The trigger is paused because its executions fail alike; this one waits."
            delivery = replace(delivery, outcome=Outcome.HELD, reason="BREAKER_OPEN", message=message)
        elif judged.wanted is not None:
            delivery, refusal = await launch(connection, self._submissions, judged, done.accepted)
        done.deliveries.append(delivery)
        return Stored(delivery.id, delivery.outcome, delivery.execution_id, refusal=refusal)


async def launch(
    connection: "Connection", submissions: Submissions, judged: Judged, accepted: list[Accepted]
) -> tuple[Delivery, DomainError | None]:
    """The delivery as it is to be stored, with its execution or the refusal. Raises what is an outage."""
    assert judged.wanted is not None
    try:
        made = await submissions.accept(connection, judged.wanted, actor(judged.hook, judged.delivery.sent.ip))
    except DomainError as error:
        if is_outage(error):
            raise
        refused = replace(judged.delivery, outcome=Outcome.REFUSED, reason=error.reason, message=error.message)
        return refused, error
    accepted.append(made)
    reason = "DEDUPED" if made.duplicate else ""
    launched = replace(judged.delivery, outcome=Outcome.ACCEPTED, reason=reason, message="")
    return replace(launched, execution_id=made.view.id), None
