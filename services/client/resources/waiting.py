"""Waiting for the end of an execution: told by the live stream, and looking now and then in case it is not."""

import asyncio
from time import monotonic

from services.client.calls import Calls
from services.client.errors import NotEndedError, Problem, Unavailable, UnreachableError
from services.client.events import watch
from services.client.models.executions import Execution
from services.client.transport import Transport

FIRST_LOOK_SECONDS = 0.1
LOOK_SECONDS = 5.0
LOOK_ALONE_SECONDS = 1.0
"""While there is no stream."""
PATIENCE_SECONDS = 60.0
"""A Hub may be away for so long while somebody waits: the work goes on meanwhile."""


class Waiting:
    """Needs the transport for the stream, and calls for looking."""

    def __init__(self, transport: Transport, calls: Calls) -> None:
        self._transport = transport
        self._calls = calls

    async def until_ended(self, execution_id: str, seconds: float | None) -> Execution:
        """Raises NotEndedError after `seconds`, NotFound, UnreachableError when the Hub stays away."""
        bell = asyncio.Event()
        listener = asyncio.create_task(self._listen(execution_id, bell))
        try:
            async with asyncio.timeout(seconds):
                return await self._look_until_ended(execution_id, bell, listener)
        except TimeoutError:
            raise NotEndedError(f"Execution {execution_id} has not ended within {seconds} seconds.") from None
        finally:
            listener.cancel()
            await asyncio.gather(listener, return_exceptions=True)

    async def _look_until_ended(
        self, execution_id: str, bell: asyncio.Event, listener: "asyncio.Task[None]"
    ) -> Execution:
        pause, away_since = FIRST_LOOK_SECONDS, None
        while True:
            bell.clear()
            try:
                answer = await self._calls.get(f"/executions/{execution_id}")
            except (UnreachableError, Unavailable):
                away_since = away_since or monotonic()
                if monotonic() - away_since > PATIENCE_SECONDS:
                    raise
            else:
                away_since = None
                execution = Execution.model_validate(answer["execution"])
                if execution.ended:
                    return execution
            try:
                async with asyncio.timeout(pause):
                    await bell.wait()
            except TimeoutError:
                pause = min(pause * 1.5, LOOK_ALONE_SECONDS if listener.done() else LOOK_SECONDS)

    async def _listen(self, execution_id: str, bell: asyncio.Event) -> None:
        """Ends when the Hub offers no stream; looking goes on without."""
        try:
            async for _event in watch(self._transport, (f"execution:{execution_id}",)):
                bell.set()
        except Problem:
            return
