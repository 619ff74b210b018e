"""Pushes offers and instructions to the registry processes that hold the runners' streams."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from exekra.registry.v1 import session_service_pb2 as pb
from services.kit.rpc_client import open_channel
from services.scheduler.executions import decisions
from services.scheduler.executions.batch import note
from services.scheduler.executions.calls import Aftermath
from services.scheduler.executions.lifecycle import Status
from services.scheduler.executions.link_messages import instruction_message, offer_message
from services.scheduler.executions.model import AttemptEnd, Offer, Push
from services.scheduler.executions.pushes import PushStream
from services.scheduler.executions.repository import outcomes, sessions

if TYPE_CHECKING:
    from services.kit.postgres import Pool

REASONS = {
    AttemptEnd.UNDELIVERED: "the runner's stream was gone",
    AttemptEnd.RETURNED: "the runner's registry could not be reached",
}


class Courier:
    """Holds a stream to each registry process. Use as a block: leaving it closes them."""

    def __init__(self, pool: "Pool", *, internal_tls: Path | None) -> None:
        self._pool = pool
        self._internal_tls = internal_tls
        self._stack = AsyncExitStack()
        self._streams: dict[str, PushStream] = {}

    async def __aenter__(self) -> "Courier":
        await self._stack.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def deliver(self, offers: Sequence[Offer]) -> Aftermath:
        """Pushes offers; those not written go back to the queue, free. Answers what that makes necessary.

        A runner whose stream is gone rests for this execution. One whose registry cannot be reached has done nothing:
        it is offered nothing until it polls again, there or elsewhere.
        """
        by_address: dict[str, list[Offer]] = {}
        for offer in offers:
            by_address.setdefault(offer.registry_address, []).append(offer)
        sendings = [self._offer(address, group) for address, group in by_address.items()]
        # One alone needs no task, whose turn would come later.
        ends = await asyncio.gather(*sendings) if len(sendings) > 1 else [await each for each in sendings]
        return await self._take_back({attempt_id: end for group in ends for attempt_id, end in group.items()}, offers)

    async def instruct(self, pushes: Sequence[Push]) -> bool:
        """Pushes instructions; whether all were written. An order that was not is repeated by the next heartbeat's
        answer, a debugger's word is not."""
        by_address: dict[str, list[Push]] = {}
        for push in pushes:
            by_address.setdefault(push.registry_address, []).append(push)
        written = []
        for address, group in by_address.items():
            messages = [
                pb.RunnerPush(
                    runner_id=push.runner_id, epoch=push.epoch, instruction=instruction_message(push.instruction)
                )
                for push in group
            ]
            written += await self._push(address, messages) or [False]
        return all(written)

    async def _offer(self, address: str, offers: Sequence[Offer]) -> dict[str, AttemptEnd]:
        """How the attempts end whose offers were not written."""
        messages = [
            pb.RunnerPush(runner_id=offer.runner_id, epoch=offer.epoch, offer=offer_message(offer)) for offer in offers
        ]
        written = await self._push(address, messages)
        if written is None:
            return {offer.attempt_id: AttemptEnd.RETURNED for offer in offers}
        return {
            offer.attempt_id: AttemptEnd.UNDELIVERED
            for offer, was_written in zip(offers, written, strict=True)
            if not was_written
        }

    async def _push(self, address: str, messages: Sequence[pb.RunnerPush]) -> list[bool] | None:
        """Which of them were written; None when the registry process cannot be reached."""
        if address not in self._streams:
            channel = await self._stack.enter_async_context(
                open_channel(address, caller="scheduler", internal_tls=self._internal_tls)
            )
            stream = self._streams[address] = PushStream(channel, address)
            self._stack.push_async_callback(stream.close)
        return await self._streams[address].send(messages)

    async def _take_back(self, ends: Mapping[str, AttemptEnd], offers: Sequence[Offer]) -> Aftermath:
        aftermath = Aftermath()
        if not ends:
            return aftermath
        unreached = {
            (each.runner_id, each.epoch) for each in offers if ends.get(each.attempt_id) is AttemptEnd.RETURNED
        }
        async with self._pool.acquire() as connection, connection.transaction():
            if unreached:
                await sessions.close_polls(connection, unreached)
            works = await outcomes.lock_work(connection, ends)
            changes = [
                decisions.give_back(work, ends[attempt_id], REASONS[ends[attempt_id]])
                for attempt_id, work in works.items()
                if work.status is Status.ASSIGNED and work.attempt is not None and work.attempt.ended is None
            ]
            await outcomes.apply_changes(connection, changes)
        for change in changes:
            note(aftermath, change)
        return aftermath
