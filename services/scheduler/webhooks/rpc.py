"""WebhookService over gRPC: messages to models and back."""

# ruff: noqa: ARG002, D102, N802 - names and signatures are the generated base class's

import asyncio
from typing import TYPE_CHECKING, Any

import structlog
from prometheus_client import Counter

from exekra.scheduler.v1 import webhook_pb2, webhook_service_pb2_grpc
from exekra.scheduler.v1 import webhook_service_pb2 as pb
from services.kit.errors import Kind
from services.kit.idempotency import key_of
from services.kit.ids import is_id
from services.kit.paging import clamp_limit, decode_cursor, encode_cursor
from services.kit.rpc_server import Registration
from services.kit.translation import as_domain_error, to_detail
from services.scheduler.executions.messages import execution_message
from services.scheduler.webhooks.deliveries import Deliveries
from services.scheduler.webhooks.errors import trigger_not_found
from services.scheduler.webhooks.examples import examples, instructions
from services.scheduler.webhooks.inbox import Inbox, NeedsToBeAloneError
from services.scheduler.webhooks.kind import PATH, WebhookKind
from services.scheduler.webhooks.messages import outcome_of, to_accepted, to_delivery, to_incoming, to_rejection
from services.scheduler.webhooks.rejections import Rejections
from services.scheduler.webhooks.repository import hooks

if TYPE_CHECKING:
    from services.kit.postgres import Pool

log = structlog.get_logger()

DELIVERIES = Counter("exekra_webhook_deliveries_total", "Deliveries answered, by outcome or reason", ["result"])


class WebhookServicer(webhook_service_pb2_grpc.WebhookServiceServicer):
    """See the proto for callers, permissions and reasons."""

    def __init__(
        self, pool: "Pool", inbox: Inbox, deliveries: Deliveries, rejections: Rejections, kind: WebhookKind
    ) -> None:
        self._pool = pool
        self._inbox = inbox
        self._deliveries = deliveries
        self._rejections = rejections
        self._kind = kind

    async def AcceptDeliveries(self, request: pb.AcceptDeliveriesRequest, context: Any) -> pb.AcceptDeliveriesResponse:
        is_alone = len(request.deliveries) == 1
        results = await asyncio.gather(*(self._accept(message, is_alone=is_alone) for message in request.deliveries))
        return pb.AcceptDeliveriesResponse(results=results)

    async def _accept(self, message: pb.IncomingDelivery, *, is_alone: bool) -> pb.AcceptResult:
        try:
            receipt = await self._inbox.accept(message.token, to_incoming(message), is_alone=is_alone)
            DELIVERIES.labels("duplicate" if receipt.stored.duplicate else receipt.stored.outcome.lower()).inc()
        except NeedsToBeAloneError:
            return pb.AcceptResult(alone=True)
        except Exception as error:
            domain = as_domain_error(error)
            DELIVERIES.labels(domain.reason).inc()
            if domain.kind is Kind.INTERNAL:
                log.error("a delivery failed", exc_info=error)
            return pb.AcceptResult(error=to_detail(domain))
        return pb.AcceptResult(accepted=to_accepted(receipt))

    async def ListDeliveries(self, request: pb.ListDeliveriesRequest, context: Any) -> pb.ListDeliveriesResponse:
        limit = clamp_limit(request.limit)
        position = decode_cursor(request.cursor, "id")
        outcomes = [outcome for number in request.outcomes if (outcome := outcome_of(number))]
        before = position[0] if position else None
        found = await self._deliveries.find(request.trigger_id, outcomes, before, limit + 1)
        items = found[:limit]
        return pb.ListDeliveriesResponse(
            items=[to_delivery(delivery, whole=False) for delivery in items],
            next_cursor=encode_cursor(items[-1].id) if len(found) > limit else "",
        )

    async def ListRejections(self, request: pb.ListRejectionsRequest, context: Any) -> pb.ListRejectionsResponse:
        found = await self._rejections.find(request.trigger_id)
        return pb.ListRejectionsResponse(items=[to_rejection(rejection) for rejection in found])

    async def GetDelivery(self, request: pb.GetDeliveryRequest, context: Any) -> pb.GetDeliveryResponse:
        delivery = await self._deliveries.get(request.delivery_id)
        return pb.GetDeliveryResponse(delivery=to_delivery(delivery, whole=True))

    async def ReplayDelivery(self, request: pb.ReplayDeliveryRequest, context: Any) -> pb.ReplayDeliveryResponse:
        key = key_of(request)
        replayed = await self._deliveries.replay(request.delivery_id, key)
        return pb.ReplayDeliveryResponse(
            delivery=to_delivery(replayed.delivery, whole=True), execution=execution_message(replayed.view)
        )

    async def ListCallExamples(self, request: pb.ListCallExamplesRequest, context: Any) -> pb.ListCallExamplesResponse:
        trigger_id = request.trigger_id
        async with self._pool.acquire() as connection:
            rows = await hooks.describe(connection, [trigger_id]) if is_id(trigger_id) else []
        if not rows:
            raise trigger_not_found()
        auth = hooks.webhook_of(rows[0]).auth
        url = f"{request.base_url}{PATH}{self._kind.token(trigger_id, rows[0]['token'])}"
        return pb.ListCallExamplesResponse(
            items=[webhook_pb2.CallExample(language=each.language, code=each.code) for each in examples(auth, url)],
            instructions=instructions(auth),
        )


def registration(servicer: WebhookServicer) -> Registration:
    """For the scheduler's server."""
    return Registration(
        webhook_service_pb2_grpc.add_WebhookServiceServicer_to_server,
        servicer,
        pb.DESCRIPTOR.services_by_name["WebhookService"],
    )
