"""Triggers: schedules and webhooks, their preview, and the ledger of fires. All by the scheduler's TriggerService."""

from functools import partial
from typing import Any

from services.gateway.routes import fire_shapes
from services.gateway.routes import trigger_shapes as shapes
from services.gateway.routes.declaration import Call, Route
from services.gateway.routes.workflows import pass_if_match

SERVICE = "exekra.scheduler.v1.TriggerService"
BACKFILL_SECONDS = 20.0

route = partial(Route, resource="triggers")


async def name_kind(call: Call, message: Any) -> None:
    """A webhook may have no member of its own."""
    getattr(message, call.body.kind).SetInParent()


async def pass_change(call: Call, message: Any) -> None:
    """Members that are null are to be emptied; `If-Match` of the trigger."""
    await pass_if_match(call, message)
    fields = type(call.body).model_fields
    message.clear.extend(
        fields[name].alias or name for name in sorted(call.body.model_fields_set) if getattr(call.body, name) is None
    )


def give_urls(call: Call, reply: Any) -> None:
    """The scheduler knows a webhook's path; the Hub's own address is known here."""
    base = call.gateway.clients.base_url(call.request)
    for trigger in reply.items if hasattr(reply, "items") else [reply.trigger]:
        if trigger.webhook.path:
            trigger.webhook.path = base + trigger.webhook.path


ROUTES = (
    route(
        method="GET",
        path="/triggers",
        summary="List triggers",
        permission="trigger:view",
        rpc=f"{SERVICE}.ListTriggers",
        query=shapes.TriggerQuery,
        response=shapes.TriggerPage,
        complete=give_urls,
    ),
    route(
        method="POST",
        path="/triggers",
        summary="Create a schedule or a webhook; its secret is shown this once",
        permission="trigger:edit",
        rpc=f"{SERVICE}.CreateTrigger",
        request=shapes.CreateTrigger,
        response=shapes.TriggerWithSecret,
        status=201,
        prepare=name_kind,
        complete=give_urls,
        creates=True,
    ),
    route(
        method="POST",
        path="/triggers/preview",
        summary="Show when a schedule would fire",
        permission="trigger:view",
        rpc=f"{SERVICE}.PreviewSchedule",
        request=fire_shapes.PreviewSchedule,
        response=fire_shapes.Preview,
    ),
    route(
        method="GET",
        path="/triggers/{trigger_id}",
        summary="Show a trigger",
        permission="trigger:view",
        rpc=f"{SERVICE}.GetTrigger",
        response=shapes.TriggerAnswer,
        complete=give_urls,
        etag_of=lambda reply: reply.trigger.etag,
    ),
    route(
        method="PATCH",
        path="/triggers/{trigger_id}",
        summary="Change a trigger",
        permission="trigger:edit",
        rpc=f"{SERVICE}.UpdateTrigger",
        request=shapes.ChangeTrigger,
        response=shapes.TriggerAnswer,
        prepare=pass_change,
        complete=give_urls,
        etag_of=lambda reply: reply.trigger.etag,
    ),
    route(
        method="DELETE",
        path="/triggers/{trigger_id}",
        summary="Delete a trigger; its ledger and executions stay",
        permission="trigger:edit",
        rpc=f"{SERVICE}.DeleteTrigger",
        status=204,
    ),
    route(
        method="POST",
        path="/triggers/{trigger_id}/enable",
        summary="Enable a trigger; what fell due meanwhile is not made up for",
        permission="trigger:edit",
        rpc=f"{SERVICE}.EnableTrigger",
        response=shapes.TriggerAnswer,
        complete=give_urls,
    ),
    route(
        method="POST",
        path="/triggers/{trigger_id}/disable",
        summary="Disable a trigger",
        permission="trigger:edit",
        rpc=f"{SERVICE}.DisableTrigger",
        response=shapes.TriggerAnswer,
        complete=give_urls,
    ),
    route(
        method="POST",
        path="/triggers/{trigger_id}/fire",
        summary="Start an execution now, as the trigger would",
        permission="execution:run",
        rpc=f"{SERVICE}.FireTrigger",
        request=fire_shapes.FireTrigger,
        response=fire_shapes.FiredExecution,
        status=201,
        further_statuses=(200,),
        status_of=lambda reply: 200 if reply.duplicate else 201,
        creates=True,
    ),
    route(
        method="POST",
        path="/triggers/{trigger_id}/rotate",
        summary="Make a new secret; the old one is valid for a while",
        permission="trigger:edit",
        rpc=f"{SERVICE}.RotateTrigger",
        response=shapes.TriggerWithSecret,
        complete=give_urls,
        creates=True,
    ),
    route(
        method="GET",
        path="/triggers/{trigger_id}/fires",
        summary="List what became of a trigger's fires",
        permission="trigger:view",
        rpc=f"{SERVICE}.ListFires",
        query=fire_shapes.FireQuery,
        response=fire_shapes.FirePage,
    ),
    route(
        method="POST",
        path="/triggers/{trigger_id}/backfill",
        summary="Execute missed fires of a range, each at most once",
        permission="trigger:edit",
        rpc=f"{SERVICE}.BackfillTrigger",
        request=fire_shapes.BackfillTrigger,
        response=fire_shapes.Backfilled,
        seconds=BACKFILL_SECONDS,
    ),
)
