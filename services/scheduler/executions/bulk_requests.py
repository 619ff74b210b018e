"""ActOnExecutions as messages, and its Idempotency-Key: which executions are meant is kept before the first is touched.

A repeat of a request that broke off therefore means the same executions, and goes on with those that were not tried.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from exekra.scheduler.v1 import execution_service_pb2 as pb
from services.kit.errors import DomainError, FieldError, Kind, invalid
from services.kit.idempotency import RequestKey, key_of, recall, remember
from services.kit.paging import clamp_limit, encode_cursor
from services.scheduler.executions.bulk import COUNTED, Action, Bulk, Chosen, Result, Wish, require_permission
from services.scheduler.executions.filtering import after_of, filter_of
from services.scheduler.executions.messages import status_number, status_of

if TYPE_CHECKING:
    from services.kit.postgres import Pool

_DONE, _POSSIBLE, _REFUSED = pb.BULK_OUTCOME_DONE, pb.BULK_OUTCOME_POSSIBLE, pb.BULK_OUTCOME_REFUSED


class BulkRequests:
    """Answers requests for bulk actions."""

    def __init__(self, pool: "Pool", bulk: Bulk) -> None:
        self._pool = pool
        self._bulk = bulk
        self._under_way: set[tuple[str, str]] = set()

    async def answer(self, request: pb.ActOnExecutionsRequest) -> pb.ActOnExecutionsResponse:
        """See the proto for reasons."""
        wish = _wish(request)
        require_permission(wish.action)
        if request.dry_run:
            chosen = await self._choose(wish.action, request)
            return _answer(chosen, await self._bulk.foresee(wish.action, chosen.ids), dry_run=True)
        key = key_of(request)
        if not key.key:
            chosen = await self._choose(wish.action, request)
            return _answer(chosen, await self._bulk.act(wish, chosen.ids, key))
        if (key.owner, key.key) in self._under_way:
            raise _in_progress()
        self._under_way.add((key.owner, key.key))
        try:
            return await self._answer_once(wish, request, key)
        finally:
            self._under_way.discard((key.owner, key.key))

    async def _answer_once(
        self, wish: Wish, request: pb.ActOnExecutionsRequest, key: RequestKey
    ) -> pb.ActOnExecutionsResponse:
        async with self._pool.acquire() as connection, connection.transaction():
            kept = await recall(connection, key)
        if kept is None:
            answer = _answer(await self._choose(wish.action, request), ())
            await self._keep(key, answer)
        else:
            answer = pb.ActOnExecutionsResponse.FromString(kept)
        open_ = [item.execution_id for item in answer.items if _is_open(item)]
        if open_:
            results = await self._bulk.act(wish, open_, key)
            _settle(answer, {item.execution_id: item for item in _items(results, _DONE)})
            await self._keep(key, answer)
        return answer

    async def _choose(self, action: Action, request: pb.ActOnExecutionsRequest) -> Chosen:
        limit = clamp_limit(request.limit)
        wanted = None
        if request.HasField("filter"):
            wanted = replace(filter_of(request.filter, "/filter"), after=after_of(request.cursor))
        return await self._bulk.choose(action, request.ids, wanted, limit)

    async def _keep(self, key: RequestKey, answer: pb.ActOnExecutionsResponse) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            await remember(connection, key, answer.SerializeToString())


def _wish(request: pb.ActOnExecutionsRequest) -> Wish:
    name = pb.BulkAction.Name(request.action).removeprefix("BULK_ACTION_")
    if name not in Action.__members__:
        raise invalid("Say what is to be done.", FieldError("/action", "Give stop, retry or resolve."))
    action, status = Action(name), status_of(request.status)
    if action is Action.RESOLVE and status is None:
        raise invalid("Say what they came to.", FieldError("/status", "Give COMPLETED, FAILED or STOPPED."))
    return Wish(action, request.force, request.reason, status, request.note)


def _answer(chosen: Chosen, results: Sequence[Result], *, dry_run: bool = False) -> pb.ActOnExecutionsResponse:
    """Without results: what is meant, and nothing of it tried."""
    answer = pb.ActOnExecutionsResponse(
        matched=min(chosen.matched, COUNTED),
        is_whole=chosen.matched <= COUNTED,
        items=[pb.BulkItem(execution_id=identifier) for identifier in chosen.ids],
        next_cursor=encode_cursor(chosen.last.created_at.isoformat(), chosen.last.id) if chosen.last else "",
    )
    outcome = _POSSIBLE if dry_run else _DONE
    _settle(answer, {item.execution_id: item for item in _items(results, outcome)})
    return answer


def _settle(answer: pb.ActOnExecutionsResponse, settled: dict[str, pb.BulkItem]) -> None:
    for item in answer.items:
        if item.execution_id in settled:
            item.CopyFrom(settled[item.execution_id])
    answer.done = sum(item.outcome == _DONE for item in answer.items)
    answer.refused = sum(item.outcome == _REFUSED for item in answer.items)


def _items(results: Iterable[Result], outcome: "pb.BulkOutcome.ValueType") -> list[pb.BulkItem]:
    return [
        pb.BulkItem(
            execution_id=result.execution_id,
            outcome=_REFUSED if result.refusal else outcome,
            status=status_number(result.status or None),
            retried_as=result.retried_as,
            reason=result.refusal.reason if result.refusal else "",
            detail=result.refusal.message if result.refusal else "",
        )
        for result in results
    ]


def _is_open(item: pb.BulkItem) -> bool:
    return item.outcome == pb.BULK_OUTCOME_UNSPECIFIED or item.reason == "NOT_TRIED"


def _in_progress() -> DomainError:
    message = "A request with this Idempotency-Key is being worked on. Send it again in a moment."
    return DomainError(Kind.WRONG_STATE, "IDEMPOTENCY_IN_PROGRESS", message)
