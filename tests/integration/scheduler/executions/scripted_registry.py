"""A registry process as the scheduler sees it: a Link over a real socket, and SessionService for its pushes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc.aio

from exekra.registry.v1 import session_service_pb2, session_service_pb2_grpc
from exekra.scheduler.v1 import attempt_pb2, dispatch_service_pb2_grpc
from exekra.scheduler.v1 import dispatch_service_pb2 as pb
from services.kit.ids import new_id
from services.kit.rpc_client import call_metadata, open_channel
from services.kit.rpc_server import Registration, grpc_server
from tests.eventually import eventually

ANSWER_SECONDS = 10.0


class ScriptedRegistry(session_service_pb2_grpc.SessionServiceServicer):
    """Carries calls of scripted runners, and keeps what is pushed to them."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.deaf: set[str] = set()
        """Runners whose stream is gone: pushes to them are not written."""
        self.away = False
        """Pushes are answered as those to a registry process that is not there."""
        self.offers: dict[str, list[attempt_pb2.Offer]] = {}
        self.instructions: dict[str, list[attempt_pb2.AttemptInstruction]] = {}
        self._calls: asyncio.Queue[pb.LinkRequest] = asyncio.Queue()
        self._replies: dict[int, asyncio.Future[pb.RunnerReply]] = {}
        self._last = 0

    async def Push(  # noqa: N802
        self, request_iterator: AsyncIterator[session_service_pb2.PushRequest], context: Any
    ) -> AsyncIterator[session_service_pb2.PushResponse]:
        async for request in request_iterator:
            if self.away:
                await context.abort(grpc.StatusCode.UNAVAILABLE, "away")
            yield session_service_pb2.PushResponse(id=request.id, written=[self._take(push) for push in request.pushes])

    def _take(self, push: session_service_pb2.RunnerPush) -> bool:
        if push.runner_id in self.deaf:
            return False
        if push.HasField("offer"):
            self.offers.setdefault(push.runner_id, []).append(push.offer)
        else:
            self.instructions.setdefault(push.runner_id, []).append(push.instruction)
        return True

    async def call(self, runner_id: str, epoch: int, **body: Any) -> Any:
        """The reply to one call, e.g. `acknowledge=Acknowledge(…)`."""
        return (await self.batch([(runner_id, epoch, body)]))[0]

    async def batch(self, bodies: Sequence[tuple[str, int, dict[str, Any]]]) -> list[Any]:
        """Sends all calls in one message; answers the inner replies in their order."""
        futures = []
        request = pb.LinkRequest()
        for runner_id, epoch, body in bodies:
            self._last += 1
            request.calls.append(pb.RunnerCall(id=self._last, runner_id=runner_id, epoch=epoch, **body))
            future = asyncio.get_running_loop().create_future()
            self._replies[self._last] = future
            futures.append(future)
        await self._calls.put(request)
        replies = await asyncio.wait_for(asyncio.gather(*futures), ANSWER_SECONDS)
        return [getattr(reply, reply.WhichOneof("reply")) for reply in replies]

    async def carry(self, channel: grpc.aio.Channel) -> None:
        """Holds the Link until cancelled."""
        stream = dispatch_service_pb2_grpc.DispatchServiceStub(channel).Link(metadata=call_metadata("registry"))
        hello = pb.LinkHello(registry_address=self.address, registry_incarnation=new_id())
        await stream.write(pb.LinkRequest(hello=hello))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._write(stream))
            async for response in stream:
                for reply in response.replies:
                    self._replies.pop(reply.id).set_result(reply)
            raise ConnectionError("the scheduler closed the Link")

    async def _write(self, stream: Any) -> None:
        while True:
            await stream.write(await self._calls.get())


@asynccontextmanager
async def registry_served(address: str, scheduler_address: str) -> AsyncIterator[ScriptedRegistry]:
    """A registry that listens and is linked."""
    registry = ScriptedRegistry(address)
    registration = Registration(
        session_service_pb2_grpc.add_SessionServiceServicer_to_server,
        registry,
        session_service_pb2.DESCRIPTOR.services_by_name["SessionService"],
    )
    async with (
        grpc_server([registration], address, drain_seconds=0.1),
        open_channel(scheduler_address, caller="registry") as channel,
    ):
        carrying = asyncio.create_task(registry.carry(channel))
        try:
            yield registry
        finally:
            carrying.cancel()
            await asyncio.gather(carrying, return_exceptions=True)


@dataclass
class ScriptedRunner:
    """A runner of a scripted registry; each method is one call and answers its reply."""

    registry: ScriptedRegistry
    id: str = field(default_factory=new_id)
    name: str = "robot"
    boot_id: str = field(default_factory=new_id)
    epoch: int = 0
    labels: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    slots: int = 1

    async def hello(
        self, held: Sequence[attempt_pb2.HeldAttempt] = (), *, other_boot_answers: bool = False, poll: bool = True
    ) -> Any:
        """Opens a session, and the poll stream."""
        opened = await self.registry.call(
            self.id,
            0,
            open_session=pb.OpenSession(
                boot_id=self.boot_id,
                runner_name=self.name,
                labels=self.labels,
                capabilities=self.capabilities,
                slots=self.slots,
                attempts=held,
                other_boot_answers=other_boot_answers,
            ),
        )
        if opened.epoch:
            self.epoch = opened.epoch
            if poll:
                await self.poll()
        return opened

    async def poll(self, *, is_open: bool = True) -> Any:
        """Offers may ride on the answer."""
        reply = await self._call(set_poll=pb.SetPoll(open=is_open, free=self.slots, capabilities=self.capabilities))
        self.registry.offers.setdefault(self.id, []).extend(reply.offers)
        return reply

    async def offer(self) -> attempt_pb2.Offer:
        """The next offer, whichever way it comes."""
        offers = self.registry.offers.setdefault(self.id, [])
        await eventually(lambda: offers)
        return offers.pop(0)

    async def acknowledge(self, offer: attempt_pb2.Offer) -> str:
        """The answer's name without its prefix."""
        reply = await self._call(acknowledge=pb.Acknowledge(attempt=offer.attempt))
        return answer_name(reply)

    async def decline(self, offer: attempt_pb2.Offer, reason: str = "SLOT_TAKEN", *, delivered: bool = True) -> str:
        """The answer's name."""
        decline = pb.Decline(attempt=offer.attempt, reason=reason, delivered=delivered)
        return answer_name(await self._call(decline=decline))

    async def finish(
        self,
        offer: attempt_pb2.Offer,
        outcome: int = attempt_pb2.OUTCOME_OK,
        *,
        output: bytes = b'{"done":true}',
        failure: attempt_pb2.Failure | None = None,
        digest: str = "",
    ) -> str:
        """The answer's name; the next offers are kept."""
        record = finish_record(offer, outcome, output=output, failure=failure, digest=digest)
        reply = await self._call(finish=record)
        self.registry.offers.setdefault(self.id, []).extend(reply.offers)
        return answer_name(reply)

    async def fail(self, offer: attempt_pb2.Offer, code: str = "BOOM", *, retryable: bool = False) -> str:
        """Finishes with a failure."""
        failure = attempt_pb2.Failure(code=code, message="it broke", node_id="n1", retryable=retryable)
        return await self.finish(offer, attempt_pb2.OUTCOME_FAILED, output=b"", failure=failure)

    async def beat(self, *held: attempt_pb2.HeldAttempt, pause: attempt_pb2.RunnerPause | None = None) -> Any:
        """A heartbeat."""
        return await self._call(renew_session=pb.RenewSession(attempts=held, pause=pause))

    async def goodbye(self) -> None:
        """Leaves in order."""
        await self._call(close_session=pb.CloseSession(goodbye=True))

    async def run_next(self) -> attempt_pb2.Offer:
        """Takes the next offer and begins it."""
        offer = await self.offer()
        assert await self.acknowledge(offer) == "OK"
        return offer

    async def _call(self, **body: Any) -> Any:
        return await self.registry.call(self.id, self.epoch, **body)


def answer_name(reply: Any) -> str:
    return attempt_pb2.Answer.Name(reply.answer).removeprefix("ANSWER_")


def held(
    offer: attempt_pb2.Offer, phase: int = attempt_pb2.ATTEMPT_PHASE_BEGUN, *, alive: bool = True
) -> attempt_pb2.HeldAttempt:
    return attempt_pb2.HeldAttempt(attempt=offer.attempt, phase=phase, alive=alive)  # type: ignore[arg-type]  # a plain number


def finish_record(
    offer: attempt_pb2.Offer,
    outcome: int = attempt_pb2.OUTCOME_OK,
    *,
    output: bytes = b'{"done":true}',
    failure: attempt_pb2.Failure | None = None,
    digest: str = "",
) -> attempt_pb2.FinishRecord:
    return attempt_pb2.FinishRecord(
        attempt=offer.attempt,
        outcome=outcome,  # type: ignore[arg-type]  # a plain number
        output_json=output,
        failure=failure,
        digest=digest or f"digest of {outcome}",
        metrics=attempt_pb2.ExecutionMetrics(cpu_avg=1.5, cpu_peak=3.0, memory_avg=10, memory_peak=20),
    )
