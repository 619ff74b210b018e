"""What administrators do with runners: register, change, delete, rotate secrets, drain, pair, look.

Every change is written with its audit event in one transaction. Connected runners hear of it at once, the scheduler
by a loop that this wakes.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import asyncpg

from services.kit.errors import unavailable
from services.kit.idempotency import RequestKey, recall, remember
from services.kit.identity import acting_principal
from services.kit.ids import is_id, new_id
from services.kit.outbox import Outbox
from services.registry import credentials, repository
from services.registry.enrolment import resource_of
from services.registry.errors import name_taken, runner_busy, runner_not_found
from services.registry.loads import Loads
from services.registry.model import (
    Draft,
    Metrics,
    Runner,
    check_description,
    check_labels,
    check_name,
    check_slots,
    check_text,
)
from services.registry.notices import Notices
from services.registry.pairings import Pairing, Pairings
from services.registry.seats import CREATION_SECONDS, Seats

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

MAXIMUM_METRICS = 1_440
"""Entries of one answer: a day of minutes."""

_AUDITED = ("name", "description", "labels", "slots", "enabled", "owner_id", "draining")


@dataclass(frozen=True, slots=True)
class NewRunner:
    """A registration as it was asked for; `slots` 0 means one, an empty `owner_id` the person who asks."""

    name: str
    description: str
    labels: Sequence[str]
    slots: int
    owner_id: str


@dataclass(frozen=True, slots=True)
class Registered:
    """A runner and what is shown once; the secret is empty when it was shown before and is in use."""

    runner: Runner
    machine_secret: str
    pair_command: str


class Administration:
    """The runners of this Hub."""

    def __init__(
        self, pool: "Pool", outbox: Outbox, seats: Seats, loads: Loads, notices: Notices, pairings: Pairings
    ) -> None:
        self._pool = pool
        self._outbox = outbox
        self._seats = seats
        self._loads = loads
        self._notices = notices
        self._pairings = pairings

    async def get(self, runner_id: str) -> Runner:
        """Raises RUNNER_NOT_FOUND."""
        async with self._pool.acquire() as connection:
            return await _find(connection, runner_id)

    async def list_runners(self, query: str, label: str, after: tuple[str, str] | None, limit: int) -> list[Runner]:
        """By name, after this lower-case name and id."""
        async with self._pool.acquire() as connection:
            return await repository.list_runners(connection, query, label, after, limit)

    async def list_metrics(self, runner_id: str, since: datetime | None, until: datetime | None) -> list[Metrics]:
        """One entry a minute, oldest first, a day of them at most. Raises RUNNER_NOT_FOUND."""
        async with self._pool.acquire() as connection:
            await _find(connection, runner_id)
            return await repository.list_metrics(connection, runner_id, since, until, MAXIMUM_METRICS)

    async def create(self, new: NewRunner, key: RequestKey) -> Registered:
        """Registers a runner and takes its licence seat. Raises NAME_TAKEN, LICENCE_SEATS_EXHAUSTED.

        A repeat with the same key answers the same runner, with a fresh secret as long as none was used.
        """
        runner_id = new_id()
        async with self._pool.acquire() as connection:
            await self._seats.plan_release(connection, runner_id, CREATION_SECONDS)
        async with self._pool.acquire() as connection, connection.transaction():
            earlier = await recall(connection, key)
            if earlier is not None:
                return await self._answer_again(connection, earlier.decode())
            registered = await self._insert(connection, runner_id, new)
            # After the insert: a name that is taken must not cost a seat, even for a minute.
            await self._seats.acquire(runner_id)
            if not await self._seats.keep(connection, runner_id):
                raise unavailable("The licence seat")
            await remember(connection, key, runner_id.encode())
        self._notices.changed()
        return registered

    async def update(self, runner_id: str, changes: dict[str, Any]) -> Runner:
        """Sets the named fields of Runner. Raises RUNNER_NOT_FOUND, NAME_TAKEN."""
        return await self._change(runner_id, "runner.updated", changes)

    async def set_draining(self, runner_id: str, *, draining: bool) -> Runner:
        """Drained runners get no new work; what runs goes on."""
        return await self._change(runner_id, "runner.drained" if draining else "runner.resumed", {"draining": draining})

    async def delete(self, runner_id: str) -> None:
        """Raises RUNNER_NOT_FOUND, RUNNER_BUSY; UNAVAILABLE while nobody knows whether it is busy."""
        async with self._changing(runner_id) as (connection, runner):
            load = (await self._loads.of([runner_id])).get(runner_id)
            if load is not None and load.execution_ids:
                raise runner_busy()
            await connection.execute(repository.DELETE_RUNNER, runner_id)
            await self._seats.plan_release(connection, runner_id, 0.0)
            await self._outbox.record(connection, "runner.deleted", resource_of(runner))
        self._notices.deleted(runner_id)

    async def rotate_secret(self, runner_id: str) -> Registered:
        """A new machine secret; the old one is dead at once. Raises RUNNER_NOT_FOUND."""
        async with self._changing(runner_id) as (connection, runner):
            registered = await self._replace_secret(connection, runner)
            await self._outbox.record(connection, "runner.secret_rotated", resource_of(runner))
        self._notices.secret_replaced(runner_id)
        return registered

    async def create_pairing(self, runner_id: str) -> Pairing:
        """A one-time token for a runner. Raises RUNNER_NOT_FOUND."""
        async with self._changing(runner_id) as (connection, runner):
            pairing = await self._pairings.create(connection, runner_id)
            await self._outbox.record(connection, "runner.pairing_token_created", resource_of(runner))
        return pairing

    async def _answer_again(self, connection: "Connection", runner_id: str) -> Registered:
        # Secrets are stored nowhere, so the first answer cannot be repeated as it was.
        runner = await _find(connection, runner_id, lock=True)
        if runner.presence is not None:
            return Registered(runner, "", "")
        return await self._replace_secret(connection, runner)

    async def _insert(self, connection: "Connection", runner_id: str, new: NewRunner) -> Registered:
        person = acting_principal()
        secret, key = credentials.make_machine_secret(), credentials.make_machine_key()
        draft = Draft(
            id=runner_id,
            name=check_name(new.name),
            description=check_description(new.description),
            labels=check_labels(new.labels),
            slots=check_slots(new.slots or 1),
            owner_id=check_text(new.owner_id, "/ownerId") or (person.id if person.kind == "user" else ""),
            machine_key=key,
            secret_sha256=credentials.digest(secret),
        )
        async with _refusing_taken_name(draft.name):
            await repository.insert_runner(connection, draft)
        runner = await _find(connection, runner_id)
        await self._outbox.record(connection, "runner.created", resource_of(runner), {"after": _audited(runner)})
        pairing = await self._pairings.create(connection, runner_id)
        return Registered(runner, secret, pairing.command)

    async def _replace_secret(self, connection: "Connection", runner: Runner) -> Registered:
        secret = credentials.make_machine_secret()
        await connection.execute(repository.RENEW_IDENTITY, runner.id, credentials.digest(secret))
        pairing = await self._pairings.create(connection, runner.id)
        return Registered(replace(runner, cloned=False), secret, pairing.command)

    async def _change(self, runner_id: str, action: str, changes: dict[str, Any]) -> Runner:
        async with self._changing(runner_id) as (connection, runner):
            changed = replace(runner, **changes)
            if changed == runner:
                return runner
            async with _refusing_taken_name(changed.name):
                await repository.update_runner(connection, changed)
            details = {"before": _audited(runner), "after": _audited(changed)}
            await self._outbox.record(connection, action, resource_of(changed), details)
        self._notices.updated(runner, changed)
        return changed

    @asynccontextmanager
    async def _changing(self, runner_id: str) -> "AsyncIterator[tuple[Connection, Runner]]":
        async with self._pool.acquire() as connection, connection.transaction():
            yield connection, await _find(connection, runner_id, lock=True)


async def _find(connection: "Connection", runner_id: str, *, lock: bool = False) -> Runner:
    runner = await repository.get_runner(connection, runner_id, lock=lock) if is_id(runner_id) else None
    if runner is None:
        raise runner_not_found()
    return runner


@asynccontextmanager
async def _refusing_taken_name(name: str) -> AsyncIterator[None]:
    try:
        yield
    except asyncpg.UniqueViolationError:
        raise name_taken(name) from None


def _audited(runner: Runner) -> dict[str, Any]:
    return {field: getattr(runner, field) for field in _AUDITED}
