"""SessionService over gRPC: the scheduler's offers and instructions, each written to its runner's open stream."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from exekra.registry.v1 import runner_service_pb2
from exekra.registry.v1 import session_service_pb2 as pb
from exekra.registry.v1 import session_service_pb2_grpc as pb_grpc
from services.kit.errors import unavailable
from services.registry.streams import Directory, Stream, converse


class SessionServicer(pb_grpc.SessionServiceServicer):
    """Pushes of the scheduler to the streams of this process, until `stop`."""

    def __init__(self, directory: Directory, push_seconds: float, stop: asyncio.Event) -> None:
        self._directory = directory
        self._push_seconds = push_seconds
        self._stop = stop

    def Push(  # noqa: N802, D102
        self,
        request_iterator: AsyncIterator[pb.PushRequest],
        context: Any,
    ) -> AsyncIterator[pb.PushResponse]:
        async def serve(stream: Stream[pb.PushResponse]) -> None:
            async with asyncio.TaskGroup() as tasks:
                stopper = tasks.create_task(self._end_at_stop(stream))
                async for request in request_iterator:
                    tasks.create_task(self._push_all(request, stream))
                stopper.cancel()

        return converse(context.write, serve)

    async def _end_at_stop(self, stream: Stream[pb.PushResponse]) -> None:
        await self._stop.wait()
        stream.end(unavailable("The registry"))

    async def _push_all(self, request: pb.PushRequest, stream: Stream[pb.PushResponse]) -> None:
        written = await asyncio.gather(*(self._push(push) for push in request.pushes))
        stream.send(pb.PushResponse(id=request.id, written=written))

    async def _push(self, push: pb.RunnerPush) -> bool:
        session = self._directory.find(push.runner_id, push.epoch)
        if session is None:
            return False
        if push.WhichOneof("push") == "offer":
            if session.poll is None:
                return False
            response = runner_service_pb2.PollResponse(offers=[push.offer])
            return await session.poll.deliver(response, self._push_seconds)
        instructions = runner_service_pb2.Instructions(instructions=[push.instruction])
        message = runner_service_pb2.HeartbeatResponse(instructions=instructions)
        return await session.heartbeat.deliver(message, self._push_seconds)
