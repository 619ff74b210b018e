"""The transaction of the inbox: a batch of judged deliveries, each known again, held, refused, or launched.

Either all of it is committed or nothing. What two processes take in at the same time under one delivery id is stored
by one of them: the other finds that row and answers the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from services.kit.batches import Batches
from services.kit.errors import DomainError, Kind
from services.kit.translation import is_outage
from services.scheduler.executions.model import Offer
from services.scheduler.executions.use_cases import Submission, Submissions
from services.scheduler.outcomes.admission import admit
from services.scheduler.outcomes.model import Admission
from services.scheduler.webhooks.launching import Launched, Launcher
from services.scheduler.webhooks.model import Delivery, Hook, Outcome
from services.scheduler.webhooks.repository import inbox

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

STORED_AT_ONCE = 32
BATCHES_AT_ONCE = 2
HEAVIEST_BATCH = 4 * 1024 * 1024
RACES = 5
PAUSED = "BREAKER_OPEN"


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
    """What one transaction did: results and rows by place in the batch, executions it made."""

    results: dict[int, Stored]
    deliveries: list[Delivery]
    made: list[str]
    offers: Sequence[Offer] = ()

    def decide(self, index: int, delivery: Delivery, refusal: DomainError | None = None) -> None:
        """Keeps the delivery as decided."""
        self.deliveries.append(delivery)
        self.results[index] = Stored(delivery.id, delivery.outcome, delivery.execution_id, refusal=refusal)


class Storing:
    """Stores what comes at the same time together."""

    def __init__(self, pool: "Pool", submissions: Submissions, launcher: Launcher) -> None:
        self._pool = pool
        self._submissions = submissions
        self._launcher = launcher
        self._batches: Batches[Judged, Stored] = Batches(
            self._handle,
            most=STORED_AT_ONCE,
            at_once=BATCHES_AT_ONCE,
            weigh=lambda judged: judged.delivery.body_bytes,
            heaviest=HEAVIEST_BATCH,
        )

    async def store(self, judged: Judged) -> Stored:
        """After the commit. Raises UNAVAILABLE while the database is away."""
        return await self._batches.do(judged)

    async def _handle(self, batch: Sequence[Judged]) -> Sequence[Stored]:
        for _ in range(RACES):
            try:
                done = await self._transact(batch)
            except _RacedError:
                continue
            self._submissions.announce_new(done.made, done.offers)
            return [done.results[index] for index in range(len(batch))]
        raise DomainError(Kind.UNAVAILABLE, "BUSY", "The same delivery comes too often at once. Try again.")

    async def _transact(self, batch: Sequence[Judged]) -> _Batch:
        done = _Batch({}, [], [])
        async with self._pool.acquire() as connection, connection.transaction():
            repeats = await self._recognise(connection, batch, done)
            fresh = {
                index: judged
                for index, judged in enumerate(batch)
                if index not in done.results and index not in repeats
            }
            going = await self._hold(connection, fresh, done)
            await self._launch(connection, going, done)
            if done.deliveries and await inbox.insert_deliveries(connection, done.deliveries) < len(done.deliveries):
                raise _RacedError
            if done.made:
                done.offers = await self._submissions.claim_if_idle(connection)
        done.results |= {index: replace(done.results[first], duplicate=True) for index, first in repeats.items()}
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

    async def _hold(self, connection: "Connection", fresh: Mapping[int, Judged], done: _Batch) -> dict[int, Judged]:
        """Decides what starts nothing, or nothing yet; answers what is to be launched."""
        paused = {judged.hook.trigger_id for judged in fresh.values() if judged.hook.paused}
        admissions = await admit(connection, paused) if paused else {}
        going = {}
        for index, judged in fresh.items():
            if judged.wanted is None:
                done.decide(index, judged.delivery, judged.refusal)
            elif admissions.get(judged.hook.trigger_id) is Admission.HOLD:
                message = "The trigger is paused because its executions fail alike; this one waits."
                done.decide(index, replace(judged.delivery, outcome=Outcome.HELD, reason=PAUSED, message=message))
            else:
                going[index] = judged
        return going

    async def _launch(self, connection: "Connection", going: Mapping[int, Judged], done: _Batch) -> None:
        wanted = [(judged.hook, judged.wanted) for judged in going.values() if judged.wanted is not None]
        results = await self._launcher.launch(connection, wanted) if wanted else []
        for (index, judged), result in zip(going.items(), results, strict=True):
            if isinstance(result, DomainError):
                if is_outage(result):
                    raise result
                done.decide(index, refused(judged.delivery, result), result)
                continue
            done.decide(index, accepted(judged.delivery, result))
            if not result.merged:
                done.made.append(result.execution_id)


def accepted(delivery: Delivery, launched: Launched, reason: str = "") -> Delivery:
    """The delivery with its execution."""
    reason = "DEDUPED" if launched.merged else reason
    done = replace(delivery, outcome=Outcome.ACCEPTED, reason=reason, message="")
    return replace(done, execution_id=launched.execution_id)


def refused(delivery: Delivery, refusal: DomainError) -> Delivery:
    """The delivery with the reason why it has none."""
    return replace(delivery, outcome=Outcome.REFUSED, reason=refusal.reason, message=refusal.message)
