"""Pushes offers and instructions to the registry processes that hold the runners' streams."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import grpc.aio
import structlog

from exekra.registry.v1 import session_service_pb2 as pb
from exekra.registry.v1 import session_service_pb2_grpc
from services.kit.errors import DomainError
from services.kit.rpc_client import call, open_channel
from services.scheduler.executions import decisions
from services.scheduler.executions.batch import note
from services.scheduler.executions.calls import Aftermath
from services.scheduler.executions.lifecycle import Status
from services.scheduler.executions.link_messages import instruction_message, offer_message
from services.scheduler.executions.model import AttemptEnd, Offer, Push
from services.scheduler.executions.repository import outcomes, sessions

if TYPE_CHECKING:
    from services.kit.postgres import Pool

log = structlog.get_logger()

PUSH_SECONDS = 2.0
"""A registry that does not answer by then has not delivered: the offer goes to somebody else."""
REASONS = {
    AttemptEnd.UNDELIVERED: "the runner's stream was gone",
    AttemptEnd.RETURNED: "the runner's registry could not be reached",
}


class Courier:
    """Holds a channel to each registry process. Use as a block: leaving it closes them."""

    def __init__(self, pool: "Pool", *, internal_tls: Path | None) -> None:
        self._pool = pool
        self._internal_tls = internal_tls
        self._stack = AsyncExitStack()
        self._channels: dict[str, grpc.aio.Channel] = {}

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
        ends = await asyncio.gather(*(self._offer(address, group) for address, group in by_address.items()))
        return await self._take_back({attempt_id: end for group in ends for attempt_id, end in group.items()}, offers)

    async def instruct(self, pushes: Sequence[Push]) -> None:
        """Pushes instructions. One that is not written is repeated by the next heartbeat's answer."""
        by_address: dict[str, list[Push]] = {}
        for push in pushes:
            by_address.setdefault(push.registry_address, []).append(push)
        for address, group in by_address.items():
            messages = [
                pb.RunnerPush(
                    runner_id=push.runner_id, epoch=push.epoch, instruction=instruction_message(push.instruction)
                )
                for push in group
            ]
            await self._push(address, messages)

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
        stub = session_service_pb2_grpc.SessionServiceStub(await self._channel(address))
        try:
            response = await call(stub.Push, pb.PushRequest(pushes=messages), caller="scheduler", seconds=PUSH_SECONDS)
        except DomainError as error:
            log.info("registry did not take a push", address=address, pushes=len(messages), error=error.message)
            return None
        written = list(response.written)
        return written if len(written) == len(messages) else [False] * len(messages)

    async def _channel(self, address: str) -> grpc.aio.Channel:
        if address not in self._channels:
            self._channels[address] = await self._stack.enter_async_context(
                open_channel(address, caller="scheduler", internal_tls=self._internal_tls)
            )
        return self._channels[address]

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
