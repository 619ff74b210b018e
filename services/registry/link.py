"""The link to the scheduler: one bidirectional stream that carries all runners' calls in micro-batches.

A call goes out at once while nothing is under way, else with others: after 2 ms or when 100 are together. A broken link
loses nothing: calls without a reply are sent again on the next stream, and every call is idempotent.
"""

import asyncio
import random
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import grpc.aio
import structlog

from exekra.scheduler.v1 import dispatch_service_pb2 as pb
from exekra.scheduler.v1 import dispatch_service_pb2_grpc
from services.kit.errors import DomainError, unavailable
from services.kit.ids import new_id
from services.kit.loops import wait_for_any
from services.kit.rpc_client import call_metadata

if TYPE_CHECKING:
    Stream = grpc.aio.StreamStreamCall[pb.LinkRequest, pb.LinkResponse]

log = structlog.get_logger()

BATCH_CALLS = 100
BATCH_SECONDS = 0.002
"""At most 5 ms by the protocol; the scheduler gathers what comes while it commits, so that little is enough here."""
MAXIMUM_WAITING = 50_000
"""Calls that may wait for the scheduler: several for each of 10,000 runners."""
SIFT_CALLS = 1_000
"""From so many waiting calls on, those whose callers have left are dropped now and then."""
RECONNECT_SECONDS = 0.5
"""Longest pause before the next try, drawn at random: the scheduler is on the same host or next door."""


@dataclass(slots=True)
class _Pending:
    call: pb.RunnerCall
    reply: "asyncio.Future[pb.RunnerReply]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    wanted: bool = True


class Link:
    """Calls of runners to the scheduler. `run` holds the stream; `call` and `post` may be used before and between."""

    def __init__(self, channel: grpc.aio.Channel, *, registry_address: str) -> None:
        self._stub = dispatch_service_pb2_grpc.DispatchServiceStub(channel)
        self._hello = pb.LinkHello(registry_address=registry_address, registry_incarnation=new_id())
        self._waiting: deque[_Pending] = deque()
        self._sent: dict[int, _Pending] = {}
        self._last_id = 0
        self._sift_at = SIFT_CALLS
        self._ended = False
        self._was_up = True
        self._due = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._settled = asyncio.Event()
        self._settled.set()

    async def call(self, call: pb.RunnerCall, *, seconds: float) -> pb.RunnerReply:
        """The scheduler's reply, sent after its commit. Raises UNAVAILABLE when there is none in `seconds`.

        Offers in a reply nobody waits for any more go back to the scheduler as not delivered.
        """
        pending = self._enqueue(_Pending(call))
        try:
            async with asyncio.timeout(seconds):
                return await pending.reply
        except TimeoutError:
            raise unavailable("The scheduler") from None
        finally:
            pending.wanted = False

    def post(self, call: pb.RunnerCall) -> None:
        """Sends without waiting for the reply; dropped when too much waits already."""
        try:
            self._enqueue(_Pending(call, wanted=False))
        except DomainError:
            log.warning("call to the scheduler dropped", call=call.WhichOneof("call"), runner=call.runner_id)

    async def settle(self, seconds: float) -> None:
        """Waits until every call has its reply, at most `seconds`."""
        await wait_for_any(seconds, self._settled)

    async def run(self, stop: asyncio.Event) -> None:
        """Holds the stream and opens it again, until `stop`; who waits for a reply then gets UNAVAILABLE."""
        while not stop.is_set():
            await self._hold(stop)
            await wait_for_any(random.uniform(0.05, RECONNECT_SECONDS), stop)  # noqa: S311 - spreads load
        self._ended = True
        for pending in [*self._sent.values(), *self._waiting]:
            if pending.wanted and not pending.reply.done():
                pending.reply.set_exception(unavailable("The scheduler"))

    def _enqueue(self, pending: _Pending) -> _Pending:
        if len(self._waiting) >= self._sift_at:
            self._sift()
        if self._ended or len(self._waiting) >= MAXIMUM_WAITING:
            raise unavailable("The scheduler")
        self._last_id += 1
        pending.call.id = self._last_id
        self._waiting.append(pending)
        self._settled.clear()
        self._consider()
        return pending

    def _sift(self) -> None:
        """Drops calls whose callers have left: in a long outage of the scheduler they would fill the queue."""
        self._waiting = deque(pending for pending in self._waiting if not pending.reply.cancelled())
        self._sift_at = min(max(SIFT_CALLS, 2 * len(self._waiting)), MAXIMUM_WAITING)

    def _consider(self) -> None:
        """Decides whether a batch goes out now or a little later."""
        if not self._waiting:
            return
        if not self._sent or len(self._waiting) >= BATCH_CALLS:
            self._due.set()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(BATCH_SECONDS, self._timer_ran)

    def _timer_ran(self) -> None:
        self._timer = None
        self._due.set()

    def _take_batch(self) -> list[pb.RunnerCall]:
        batch: list[pb.RunnerCall] = []
        while self._waiting and len(batch) < BATCH_CALLS:
            pending = self._waiting.popleft()
            if pending.reply.cancelled():  # who asked has left before it was sent
                continue
            self._sent[pending.call.id] = pending
            batch.append(pending.call)
        return batch

    async def _hold(self, stop: asyncio.Event) -> None:
        stream = self._stub.Link(metadata=call_metadata("registry"))
        async with asyncio.TaskGroup() as tasks:
            stopper = tasks.create_task(_cancel_at(stop, stream))
            writer = tasks.create_task(self._write_calls(stream))
            try:
                await self._read_replies(stream, stop)
            finally:
                writer.cancel()
                stopper.cancel()
                stream.cancel()

    async def _write_calls(self, stream: "Stream") -> None:
        try:
            await stream.write(pb.LinkRequest(hello=self._hello))
            log.info("link to the scheduler is up", waiting=len(self._waiting), unanswered=len(self._sent))
            self._was_up = True
            self._waiting.extendleft(reversed(self._sent.values()))
            self._sent.clear()
            self._consider()
            while True:
                await self._due.wait()
                self._due.clear()
                batch = self._take_batch()
                self._consider()
                if batch:
                    await stream.write(pb.LinkRequest(calls=batch))
                else:
                    self._note_settled()
        except (grpc.aio.AioRpcError, grpc.aio.UsageError, asyncio.InvalidStateError):
            # The reader meets the end of the stream as well, and says why. The calls stay among those without a reply.
            stream.cancel()

    async def _read_replies(self, stream: "Stream", stop: asyncio.Event) -> None:
        try:
            async for response in stream:
                for reply in response.replies:
                    self._take_reply(reply)
                self._consider()
                self._note_settled()
        except grpc.aio.AioRpcError as error:
            # Once for each time it broke, not for each try to open it again.
            if self._was_up:
                log.warning("link to the scheduler is down", status=error.code().name, unanswered=len(self._sent))
            self._was_up = False
        except asyncio.CancelledError:
            # gRPC raises it as well when the call, not this task, was cancelled.
            task = asyncio.current_task()
            if not stop.is_set() or (task is not None and task.cancelling()):
                raise

    def _take_reply(self, reply: pb.RunnerReply) -> None:
        pending = self._sent.pop(reply.id, None)
        if pending is None:
            return
        if not pending.reply.done():
            pending.reply.set_result(reply)
        if not pending.wanted:
            self.return_offers(pending.call.runner_id, pending.call.epoch, reply)

    def return_offers(self, runner_id: str, epoch: int, reply: pb.RunnerReply) -> None:
        """Tells the scheduler that the offers in a reply did not reach the runner: it costs the executions nothing."""
        for offer in [*reply.poll_set.offers, *reply.finished.offers]:
            decline = pb.Decline(attempt=offer.attempt, reason="UNDELIVERED", delivered=False)
            self.post(pb.RunnerCall(runner_id=runner_id, epoch=epoch, decline=decline))

    def _note_settled(self) -> None:
        if not self._waiting and not self._sent:
            self._settled.set()


async def _cancel_at(stop: asyncio.Event, stream: "Stream") -> None:
    await stop.wait()
    stream.cancel()
