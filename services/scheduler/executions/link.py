"""DispatchService: the streams by which registry processes carry their runners' calls, a batch to a transaction.

While one batch is being committed the next one gathers, so batches grow with the load and no timer delays a lone call.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any

import grpc.aio
import structlog

from exekra.scheduler.v1 import dispatch_service_pb2 as pb
from exekra.scheduler.v1 import dispatch_service_pb2_grpc
from services.kit.errors import DomainError, invalid
from services.kit.ids import is_id
from services.kit.translation import is_outage
from services.scheduler.executions import sessions
from services.scheduler.executions.batch import process
from services.scheduler.executions.bells import Bells
from services.scheduler.executions.calls import Aftermath, Call, CloseSession, OpenSession, Reply, UpdateRunner
from services.scheduler.executions.link_messages import pause_message, read_call, refuse, write_reply
from services.scheduler.executions.model import Answer
from services.scheduler.executions.repository import dispatch
from services.scheduler.executions.repository import sessions as repository

if TYPE_CHECKING:
    from services.kit.postgres import Pool

log = structlog.get_logger()

BATCH_CALLS = 100
MAXIMUM_WAITING = 2_000
"""Calls read ahead of the one that is being answered; more are left to the stream's flow control."""
SINGLY = (OpenSession, CloseSession, UpdateRunner)
"""Calls that lock all of a runner's seats, or are rare: each has a transaction of its own."""


class DispatchServicer(dispatch_service_pb2_grpc.DispatchServiceServicer):
    """What the registry carries between runners and the scheduler."""

    def __init__(
        self,
        pool: "Pool",
        bells: Bells,
        stop: asyncio.Event,
        *,
        next_heartbeat_seconds: float,
        link_touch_seconds: float = 5.0,
    ) -> None:
        self._pool = pool
        self._bells = bells
        self._stop = stop
        self._next_heartbeat_seconds = next_heartbeat_seconds
        self._link_touch_seconds = link_touch_seconds

    async def Link(  # noqa: N802 - the RPC's name
        self,
        request_iterator: AsyncIterator[pb.LinkRequest],
        context: grpc.aio.ServicerContext[Any, Any],  # noqa: ARG002
    ) -> AsyncIterator[pb.LinkResponse]:
        """Answers every call after its commit. An outage or the end of this process ends the stream: unanswered calls
        then come again on the next."""
        waiting: deque[pb.RunnerCall] = deque()
        changed, drained = asyncio.Event(), asyncio.Event()
        hello = await _read_hello(request_iterator, waiting)
        reader = asyncio.create_task(_read(request_iterator, waiting, changed, drained))
        toucher = asyncio.create_task(self._touch(hello))
        stopper = asyncio.create_task(self._stop.wait())
        for task in (reader, toucher, stopper):
            task.add_done_callback(lambda _: changed.set())
        try:
            while waiting or not (reader.done() or stopper.done()):
                changed.clear()
                while waiting:
                    batch = [waiting.popleft() for _ in range(min(len(waiting), BATCH_CALLS))]
                    drained.set()
                    yield pb.LinkResponse(replies=await self._answer(batch, hello.registry_address))
                if toucher.done():
                    await toucher
                if not (reader.done() or stopper.done()):
                    await changed.wait()
            if reader.done():
                await reader
        finally:
            for task in (reader, toucher, stopper):
                task.cancel()
            await asyncio.gather(reader, toucher, stopper, return_exceptions=True)

    async def ListRunnerLoad(  # noqa: N802 - the RPC's name
        self,
        request: pb.ListRunnerLoadRequest,
        context: grpc.aio.ServicerContext[Any, Any],  # noqa: ARG002
    ) -> pb.ListRunnerLoadResponse:
        """What runners are doing now."""
        runners = [each for each in request.runner_ids if is_id(each)] if request.runner_ids else None
        async with self._pool.acquire() as connection:
            loads = await repository.read_loads(connection, runners)
        return pb.ListRunnerLoadResponse(
            items=[
                pb.RunnerLoad(
                    runner_id=load.runner_id,
                    slots=load.slots,
                    free=load.free,
                    execution_ids=load.execution_ids,
                    poll_open=load.poll_open,
                    pause=pause_message(load.pause),
                )
                for load in loads
            ]
        )

    async def _touch(self, hello: pb.LinkHello) -> None:
        """Tells that this registry process is there, so that its silence can be told from its runners'."""
        while True:
            async with self._pool.acquire() as connection:
                await repository.touch_link(connection, hello.registry_address, hello.registry_incarnation)
            await asyncio.sleep(self._link_touch_seconds)

    async def _answer(self, messages: Sequence[pb.RunnerCall], address: str) -> list[pb.RunnerReply]:
        replies: list[Reply] = []
        refusals: list[pb.RunnerReply] = []
        together: list[Call] = []
        for message in messages:
            try:
                call = read_call(message)
            except DomainError as error:
                log.warning("call of a runner refused", runner=message.runner_id, error=error.message)
                refusals.append(refuse(message))
                continue
            if isinstance(call.body, SINGLY):
                # Calls keep their order around it.
                replies += await self._together(together, address)
                together = []
                replies += await self._together([call], address)
            else:
                together.append(call)
        replies += await self._together(together, address)
        seconds = self._next_heartbeat_seconds
        return [*refusals, *(write_reply(reply, next_heartbeat_seconds=seconds) for reply in replies)]

    async def _together(self, calls: Sequence[Call], address: str) -> list[Reply]:
        """One transaction for all; when it fails, one for each, so that a bad call harms no other."""
        if not calls:
            return []
        try:
            return await self._transact(calls, address)
        except Exception as error:  # noqa: BLE001 - judged below
            if len(calls) == 1:
                return [_refused(calls[0], error)]
            log.warning("batch failed, retrying its calls singly", calls=len(calls), error=repr(error))
        replies: list[Reply] = []
        for call in calls:
            replies += await self._together([call], address)
        return replies

    async def _transact(self, calls: Sequence[Call], address: str) -> list[Reply]:
        aftermath = Aftermath()
        async with self._pool.acquire() as connection, connection.transaction():
            if isinstance(calls[0].body, SINGLY):
                replies = [await self._single(connection, calls[0], address, aftermath)]
            else:
                replies = await process(connection, calls, aftermath)
        if aftermath.seats_left and not aftermath.dispatch:
            async with self._pool.acquire() as connection:
                aftermath.dispatch = await dispatch.has_claimable(connection)
        self._bells.settle(aftermath)
        return replies

    @staticmethod
    async def _single(connection: Any, call: Call, address: str, aftermath: Aftermath) -> Reply:
        match call.body:
            case OpenSession() as body:
                return await sessions.open_session(connection, call, body, address, aftermath)
            case CloseSession() as body:
                return await sessions.close_session(connection, call, body, aftermath)
            case UpdateRunner() as body:
                return await sessions.update_runner(connection, call, body, aftermath)
        raise AssertionError(call)


def _refused(call: Call, error: Exception) -> Reply:
    """The definite answer to a call that can never succeed. Raises what may pass: the stream then ends."""
    if is_outage(error):
        raise error
    log.error("call of a runner failed", runner=call.runner_id, kind=type(call.body).__name__, exc_info=error)
    return Reply(call, answer=Answer.FORBIDDEN, refused_reason="INTERNAL")


async def _read_hello(requests: AsyncIterator[pb.LinkRequest], waiting: deque[pb.RunnerCall]) -> pb.LinkHello:
    async for request in requests:
        if not request.hello.registry_address:
            break
        waiting.extend(request.calls)
        return request.hello
    raise invalid("The first message of a Link names the registry's address.")


async def _read(
    requests: AsyncIterator[pb.LinkRequest],
    waiting: deque[pb.RunnerCall],
    changed: asyncio.Event,
    drained: asyncio.Event,
) -> None:
    async for request in requests:
        waiting.extend(request.calls)
        changed.set()
        while len(waiting) > MAXIMUM_WAITING:
            drained.clear()
            await drained.wait()
