"""Takes deliveries to the scheduler: those that come together in one call, for a call costs more than they do."""

from collections.abc import Sequence

from exekra.scheduler.v1 import webhook_service_pb2 as pb
from services.gateway.peers import Peers, find_method
from services.kit.batches import Batches
from services.kit.translation import from_detail

ACCEPT = find_method("exekra.scheduler.v1.WebhookService.AcceptDeliveries")
SECONDS = 10.0
TAKEN_AT_ONCE = 32
CALLS_AT_ONCE = 4
HEAVIEST_CALL = 4 * 1024 * 1024
"""Bytes of bodies; a message between services may have 16 MiB."""


class Taking:
    """One for each gateway."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers
        self._batches: Batches[pb.IncomingDelivery, pb.AcceptResult] = Batches(
            self._call,
            most=TAKEN_AT_ONCE,
            at_once=CALLS_AT_ONCE,
            weigh=lambda message: len(message.body),
            heaviest=HEAVIEST_CALL,
        )

    async def take(self, message: pb.IncomingDelivery) -> pb.AcceptedDelivery:
        """After the commit. Raises the DomainError of the scheduler, UNAVAILABLE or DEADLINE."""
        result = await self._batches.do(message)
        if result.alone:
            (result,) = await self._call([message])
        if result.HasField("error"):
            raise from_detail(result.error)
        return result.accepted

    async def _call(self, messages: Sequence[pb.IncomingDelivery]) -> Sequence[pb.AcceptResult]:
        request = pb.AcceptDeliveriesRequest(deliveries=messages)
        reply: pb.AcceptDeliveriesResponse = await self._peers.call(ACCEPT, request, seconds=SECONDS)
        return list(reply.results)
