"""One action on many executions: which they are, each by itself, and what became of each.

Does not know how an execution is stopped, repeated or resolved: `interventions` and `retries` do that, each in its own
transaction with its own audit event, so that a thousand of them never hold one lock.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import structlog

from services.kit.errors import DomainError, FieldError, Kind, invalid
from services.kit.idempotency import RequestKey
from services.kit.identity import acting_principal
from services.kit.ids import is_id
from services.kit.translation import as_domain_error, is_outage
from services.scheduler.continuations.retries import Retries, Retry
from services.scheduler.executions.errors import already_ended, execution_not_found, not_ended, not_lost
from services.scheduler.executions.interventions import Interventions
from services.scheduler.executions.lifecycle import ENDED, Status
from services.scheduler.executions.repository import queries
from services.scheduler.executions.repository.queries import Filter, Place

if TYPE_CHECKING:
    from services.kit.postgres import Pool

MOST_AT_ONCE = 200
COUNTED = 10_000
WORK_SECONDS = 25.0
"""Less than the gateway waits: what is not done by then is answered as not tried."""

log = structlog.get_logger()


class Action(StrEnum):
    """What is to be done."""

    STOP = "STOP"
    RETRY = "RETRY"
    RESOLVE = "RESOLVE"


PERMISSIONS = {Action.STOP: "execution:stop", Action.RETRY: "execution:run", Action.RESOLVE: "execution:resolve"}
FITTING: dict[Action, frozenset[str]] = {
    Action.STOP: frozenset(Status) - ENDED,
    Action.RETRY: frozenset(ENDED),
    Action.RESOLVE: frozenset({Status.LOST}),
}
"""Statuses in which the action can be taken: a filter finds these alone."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of each; `force` and `reason` of a stop, `status` and `note` of a resolution."""

    action: Action
    force: bool = False
    reason: str = ""
    status: Status | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The executions that are meant, in order, of `matched` in all."""

    ids: Sequence[str]
    matched: int
    last: Place | None = None
    """The last of a filter's part when more follow."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one: refused with a reason, or done (in a dry run: possible)."""

    execution_id: str
    status: str = ""
    retried_as: str = ""
    refusal: DomainError | None = None


class Bulk:
    """Acts for the acting principal, who needs the permission of the action."""

    def __init__(self, pool: "Pool", interventions: Interventions, retries: Retries) -> None:
        self._pool = pool
        self._interventions = interventions
        self._retries = retries

    async def choose(self, action: Action, ids: Sequence[str], wanted: Filter | None, limit: int) -> Chosen:
        """Raises INVALID unless there are ids or a filter, and not both."""
        if bool(ids) == (wanted is not None):
            message = "Say which executions are meant: by ids, or by a filter."
            raise invalid(message, FieldError("/ids", 'Give "ids" or "filter", one of them.'))
        if wanted is None:
            return _listed(ids)
        statuses = sorted(FITTING[action] & set(wanted.statuses or FITTING[action]))
        if not statuses:
            return Chosen((), 0)
        wanted = replace(wanted, statuses=statuses)
        async with self._pool.acquire() as connection:
            places = await queries.find_places(connection, wanted, limit + 1)
            matched = await queries.count(connection, replace(wanted, after=None), COUNTED)
        more = len(places) > limit
        places = places[:limit]
        return Chosen([place.id for place in places], matched, places[-1] if more else None)

    async def foresee(self, action: Action, ids: Sequence[str]) -> list[Result]:
        """What would be refused as things stand, and nothing done."""
        async with self._pool.acquire() as connection:
            places = await queries.places_of(connection, ids)
        return [_foreseen(action, identifier, places.get(identifier)) for identifier in ids]

    async def act(self, wish: Wish, ids: Sequence[str], key: RequestKey) -> list[Result]:
        """One after the other. An outage or the end of the time leaves the rest untried, and says so of each."""
        act = self._handler(wish, key)
        deadline = asyncio.get_running_loop().time() + WORK_SECONDS
        results: list[Result] = []
        for identifier in ids:
            if asyncio.get_running_loop().time() >= deadline:
                break
            try:
                results.append(await act(identifier))
            except Exception as error:
                if is_outage(error):
                    log.warning("a bulk action broke off", action=wish.action, done=len(results), error=repr(error))
                    break
                if not isinstance(error, DomainError):
                    raise
                results.append(Result(identifier, refusal=as_domain_error(error)))
        return [*results, *(Result(identifier, refusal=not_tried()) for identifier in ids[len(results) :])]

    def _handler(self, wish: Wish, key: RequestKey) -> Callable[[str], Awaitable[Result]]:
        async def stop(identifier: str) -> Result:
            view = await self._interventions.stop(identifier, force=wish.force, reason=wish.reason)
            return Result(identifier, view.status)

        async def retry(identifier: str) -> Result:
            # Each has a key of its own below the request's: a repeat finds what was begun, and begins the rest.
            own = replace(key, key=f"{key.key}\x1f{identifier}") if key.key else key
            accepted = await self._retries.retry(identifier, Retry(), own)
            return Result(identifier, accepted.view.status, retried_as=accepted.view.id)

        async def resolve(identifier: str) -> Result:
            view = await self._interventions.resolve(identifier, wish.status, wish.note)
            return Result(identifier, view.status)

        return {Action.STOP: stop, Action.RETRY: retry, Action.RESOLVE: resolve}[wish.action]


def require_permission(action: Action) -> None:
    """Raises PERMISSION_MISSING unless the caller may do this to a single execution."""
    permission = PERMISSIONS[action]
    if not acting_principal().may(permission):
        raise DomainError(Kind.FORBIDDEN, "PERMISSION_MISSING", f"This needs the permission {permission}.")


def not_tried() -> DomainError:
    """It was not this one's turn yet."""
    return DomainError(Kind.UNAVAILABLE, "NOT_TRIED", "The Hub did not come to this one. Send the same request again.")


def _listed(ids: Sequence[str]) -> Chosen:
    if len(ids) > MOST_AT_ONCE:
        raise invalid("These are too many at once.", FieldError("/ids", f"Give at most {MOST_AT_ONCE}."))
    for place, identifier in enumerate(ids):
        if not is_id(identifier):
            raise invalid("Some of the ids are none.", FieldError(f"/ids/{place}", "Give the id of an execution."))
    unique = list(dict.fromkeys(ids))
    return Chosen(unique, len(unique))


def _foreseen(action: Action, identifier: str, place: Place | None) -> Result:
    if place is None:
        return Result(identifier, refusal=execution_not_found())
    if place.status in FITTING[action]:
        return Result(identifier, place.status)
    refuse = {Action.STOP: already_ended, Action.RETRY: not_ended, Action.RESOLVE: not_lost}[action]
    return Result(identifier, place.status, refusal=refuse(place.status))
