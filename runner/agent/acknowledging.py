"""The stream of acknowledgements: many may be under way at once, each waits for its own answer."""

import asyncio
from collections.abc import Callable

from exekra.registry.v1 import runner_service_pb2 as pb
from runner.agent.transport import HubRefusedError, HubUnavailableError, Stream

AcknowledgeStream = Stream[pb.AcknowledgeRequest, pb.AcknowledgeResponse]


class Acknowledging:
    """Opens its stream at the first acknowledgement, and again at the next one after it ended."""

    def __init__(self, open_stream: Callable[[], AcknowledgeStream], answer_seconds: float) -> None:
        self._open_stream = open_stream
        self._answer_seconds = answer_seconds
        self._stream: AcknowledgeStream | None = None
        self._reader: asyncio.Task[None] | None = None
        self._waiting: dict[str, asyncio.Future[pb.AcknowledgeResponse]] = {}
        self._writing = asyncio.Lock()

    async def send(self, request: pb.AcknowledgeRequest) -> pb.AcknowledgeResponse:
        """The Hub's answer. Raises HubUnavailableError when there is none in time, HubRefusedError when it is no."""
        stream, waiting = self._opened()
        answer: asyncio.Future[pb.AcknowledgeResponse] = asyncio.get_running_loop().create_future()
        waiting[request.attempt.attempt_id] = answer
        try:
            async with asyncio.timeout(self._answer_seconds):
                async with self._writing:
                    await stream.send(request)
                return await answer
        except TimeoutError:
            stream.cancel()
            raise HubUnavailableError("The Hub did not answer an acknowledgement in time.") from None
        finally:
            waiting.pop(request.attempt.attempt_id, None)
            if answer.done() and not answer.cancelled():
                answer.exception()  # the stream's end may have come to both: it is told once

    async def close(self) -> None:
        """Ends the stream; what waits for an answer gets HubUnavailableError."""
        if self._stream is not None and self._reader is not None:
            self._stream.cancel()
            await asyncio.wait({self._reader})

    def _opened(self) -> tuple[AcknowledgeStream, dict[str, asyncio.Future[pb.AcknowledgeResponse]]]:
        if self._stream is None or self._reader is None or self._reader.done():
            self._stream, self._waiting = self._open_stream(), {}
            self._reader = asyncio.create_task(_read(self._stream, self._waiting))
        return self._stream, self._waiting


async def _read(stream: AcknowledgeStream, waiting: dict[str, asyncio.Future[pb.AcknowledgeResponse]]) -> None:
    try:
        while True:
            response = await stream.receive()
            answer = waiting.get(response.attempt.attempt_id)
            if answer is not None and not answer.done():
                answer.set_result(response)
    except (HubUnavailableError, HubRefusedError) as error:
        for answer in list(waiting.values()):
            if not answer.done():
                answer.set_exception(error)
