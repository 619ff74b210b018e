"""The inbox of webhook triggers: what arrived, what became of it, once more; and how to call a trigger."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import Field

from services.gateway.routes.declaration import Call, Route
from services.gateway.routes.execution_shapes import ExecutionShape
from services.gateway.routes.shapes import PageQuery, WholeListQuery
from services.gateway.transcoding.fields import ApiModel, ObjectDocument, Proto

SERVICE = "exekra.scheduler.v1.WebhookService"
REPLAY_SECONDS = 10.0
OutcomeWord = Literal["accepted", "held", "ignored", "refused"]


class DeliverySummary(ApiModel):
    """`outcome`: accepted (it has an execution), held (its trigger is paused), ignored (by the filter), refused."""

    id: str
    trigger_id: str
    received_at: datetime
    outcome: OutcomeWord
    reason: str | None
    message: str | None
    execution_id: str | None
    dedupe_id: str | None
    ip: str
    method: str
    query: str | None
    body_bytes: int
    replay_of: str | None


class DeliveryShape(DeliverySummary):
    """With headers and the first 16 KiB of a text body; credentials were never stored."""

    headers: ObjectDocument
    content_type: str | None
    body_preview: str
    body_complete: bool


class DeliveryAnswer(ApiModel):
    """One delivery."""

    delivery: DeliveryShape


class DeliveryPage(ApiModel):
    """Newest first."""

    items: list[DeliverySummary]
    next_cursor: str | None


class DeliveryQuery(PageQuery):
    """Narrowed to some outcomes."""

    outcome: Annotated[list[OutcomeWord], Proto("outcomes")] = Field(default_factory=list)


class RejectionShape(ApiModel):
    """Deliveries from one address that were turned away for one reason: nothing of them was kept."""

    reason: str
    message: str
    ip: str
    times: int
    first_at: datetime
    last_at: datetime


class Rejections(ApiModel):
    """The latest first, at most 200."""

    items: list[RejectionShape]
    next_cursor: None = None


class ReplayedDelivery(ApiModel):
    """The new delivery, which names the old one as `replayOf`, and its execution."""

    delivery: DeliveryShape
    execution: ExecutionShape


class CallExampleShape(ApiModel):
    """Code that runs as it stands, with the trigger's secret in the variable SECRET."""

    language: Literal["sh", "python"]
    code: str


class CallExamples(ApiModel):
    """How to call a trigger."""

    items: list[CallExampleShape]
    instructions: str


async def give_base_url(call: Call, message: Any) -> None:
    """The scheduler does not know how the Hub is reached from outside."""
    message.base_url = call.gateway.clients.base_url(call.request)


route = partial(Route, resource="webhook deliveries")

ROUTES = (
    route(
        method="GET",
        path="/triggers/{trigger_id}/deliveries",
        summary="List what was delivered to a webhook trigger",
        permission="trigger:view",
        rpc=f"{SERVICE}.ListDeliveries",
        query=DeliveryQuery,
        response=DeliveryPage,
    ),
    route(
        method="GET",
        path="/triggers/{trigger_id}/rejections",
        summary="Count what a webhook trigger turned away, by reason and address",
        permission="trigger:view",
        rpc=f"{SERVICE}.ListRejections",
        query=WholeListQuery,
        response=Rejections,
    ),
    route(
        method="GET",
        path="/triggers/{trigger_id}/examples",
        summary="Show how to call a webhook trigger, with its signature",
        permission="trigger:edit",
        rpc=f"{SERVICE}.ListCallExamples",
        query=WholeListQuery,
        response=CallExamples,
        prepare=give_base_url,
    ),
    route(
        method="GET",
        path="/deliveries/{delivery_id}",
        summary="Show a delivery",
        permission="trigger:view",
        rpc=f"{SERVICE}.GetDelivery",
        response=DeliveryAnswer,
    ),
    route(
        method="POST",
        path="/deliveries/{delivery_id}/replay",
        summary="Start an execution from what was delivered then",
        permission="execution:run",
        rpc=f"{SERVICE}.ReplayDelivery",
        response=ReplayedDelivery,
        status=201,
        seconds=REPLAY_SECONDS,
        creates=True,
    ),
)
