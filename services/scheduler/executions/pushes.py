"""The stream of pushes to one registry process: offers and instructions go out on it the moment they exist.

Opened by the first push, and again by the next one after it broke. What became of a push on a broken stream is unknown;
whoever sent it takes it for not written, and the attempt's id fences a runner that has it all the same.
"""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import grpc.aio
import structlog

from exekra.registry.v1 import session_service_pb2 as pb
from exekra.registry.v1 import session_service_pb2_grpc
from services.kit.rpc_client import call_metadata

if TYPE_CHECKING:
    Call = grpc.aio.StreamStreamCall[pb.PushRequest, pb.PushResponse]

log = structlog.get_logger()

PUSH_SECONDS = 2.0
"""A registry that does not answer by then has not delivered: the offer goes to somebody else."""
BROKEN = (grpc.aio.AioRpcError, grpc.aio.UsageError, grpc.aio.InternalError, asyncio.InvalidStateError)


class PushStream:
    """Pushes to the registry process behind `channel`; any number of tasks may send."""

    def __init__(self, channel: grpc.aio.Channel, address: str) -> None:
        self._stub = session_service_pb2_grpc.SessionServiceStub(channel)
        self._address = address
        self._call: Call | None = None
        self._reader: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[list[bool] | None]] = {}
        self._writing = asyncio.Lock()
        self._last = 0

    async def send(self, pushes: Sequence[pb.RunnerPush]) -> list[bool] | None:
        """Which of them were written; None when the process cannot be reached or does not answer in time."""
        self._last += 1
        request = pb.PushRequest(id=self._last, pushes=pushes)
        answer: asyncio.Future[list[bool] | None] = asyncio.get_running_loop().create_future()
        call = self._open()
        waiting = self._waiting
        waiting[request.id] = answer
        try:
            async with asyncio.timeout(PUSH_SECONDS):
                async with self._writing:
                    await call.write(request)
                written = await answer
        except TimeoutError:
            call.cancel()
            written = None
        except BROKEN as error:
            log.info("registry did not take a push", address=self._address, error=repr(error))
            written = None
        finally:
            waiting.pop(request.id, None)
        if written is not None and len(written) != len(pushes):
            return [False] * len(pushes)
        return written

    async def close(self) -> None:
        """Ends the stream; what waits for an answer gets none."""
        if self._call is not None and self._reader is not None:
            self._call.cancel()
            await asyncio.wait({self._reader})

    def _open(self) -> "Call":
        if self._call is None or self._reader is None or self._reader.done():
            self._call = self._stub.Push(metadata=call_metadata("scheduler"))
            self._waiting = {}
            self._reader = asyncio.create_task(self._read(self._call, self._waiting))
        return self._call

    async def _read(self, call: "Call", waiting: dict[int, "asyncio.Future[list[bool] | None]"]) -> None:
        try:
            async for response in call:
                answer = waiting.get(response.id)
                if answer is not None and not answer.done():
                    answer.set_result(list(response.written))
        except (*BROKEN, asyncio.CancelledError) as error:
            # gRPC raises CancelledError where the call was cancelled; a task that was goes on with it.
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
                raise
            log.info("stream of pushes is over", address=self._address, error=repr(error))
        finally:
            for answer in list(waiting.values()):
                if not answer.done():
                    answer.set_result(None)
