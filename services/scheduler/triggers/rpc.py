"""TriggerService over gRPC: messages to models and back; one transaction a call."""

# ruff: noqa: ARG002, D102, N802 - names and signatures are the generated base class's

from datetime import MAXYEAR, MINYEAR, datetime
from typing import TYPE_CHECKING, Any

from google.protobuf.message import Message

from exekra.scheduler.v1 import trigger_pb2, trigger_service_pb2_grpc
from exekra.scheduler.v1 import trigger_service_pb2 as pb
from services.kit.errors import FieldError, invalid
from services.kit.idempotency import answer_once, key_of
from services.kit.ids import is_id
from services.kit.outbox import Outbox
from services.kit.paging import clamp_limit, decode_cursor, encode_cursor
from services.kit.rpc_server import Registration
from services.scheduler.calendars.rules import find_calendars, load_stack
from services.scheduler.executions.inputs import DEFAULT_PRIORITY, DEFAULT_QUEUE_TIMEOUT_SECONDS
from services.scheduler.executions.licence import Licence
from services.scheduler.executions.messages import execution_message
from services.scheduler.outcomes.forecast import forecast
from services.scheduler.triggers import library, messages
from services.scheduler.triggers.by_hand import ByHand
from services.scheduler.triggers.errors import other_kind
from services.scheduler.triggers.library import Kinds, Wanted
from services.scheduler.triggers.model import Kind, Trigger
from services.scheduler.triggers.preview import MAXIMUM_FIRES, preview
from services.scheduler.triggers.repository import ledger, schedules, triggers
from services.scheduler.triggers.schedules import LATEST, apply_change

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

DEFAULT_PREVIEWED = 10
MAXIMUM_QUERY = 200


class TriggerServicer(trigger_service_pb2_grpc.TriggerServiceServicer):
    """See the proto for callers, permissions and reasons."""

    def __init__(self, pool: "Pool", outbox: Outbox, kinds: Kinds, by_hand: ByHand, licence: Licence) -> None:
        self._pool = pool
        self._outbox = outbox
        self._licence = licence
        self._kinds = kinds
        self._by_hand = by_hand

    async def CreateTrigger(self, request: pb.CreateTriggerRequest, context: Any) -> pb.CreateTriggerResponse:
        kind = _kind_of(request)
        if kind is None:
            raise invalid("Say what kind of trigger it is.", FieldError("/kind", "Give schedule or webhook."))
        wanted = _wanted_new(request)
        await self._licence.require_trigger()

        async def create(connection: "Connection") -> pb.CreateTriggerResponse:
            trigger, secret = await library.create_trigger(
                connection, self._outbox, self._kinds, request.workflow_id, kind, wanted, _spec_of(request)
            )
            return pb.CreateTriggerResponse(trigger=await self._describe(connection, trigger), secret=secret)

        return await answer_once(self._pool, key_of(request), pb.CreateTriggerResponse, create, keep=_without_secret)

    async def GetTrigger(self, request: pb.GetTriggerRequest, context: Any) -> pb.GetTriggerResponse:
        async with self._pool.acquire() as connection:
            trigger = await library.get_trigger(connection, request.trigger_id)
            return pb.GetTriggerResponse(trigger=await self._describe(connection, trigger))

    async def ListTriggers(self, request: pb.ListTriggersRequest, context: Any) -> pb.ListTriggersResponse:
        limit = clamp_limit(request.limit)
        cursor = decode_cursor(request.cursor, "text", "id")
        wanted = triggers.Filter(
            workflow_id=_workflow_id(request.workflow_id),
            kind=_KINDS.get(request.kind, ""),
            query=request.query[:MAXIMUM_QUERY],
            enabled=request.enabled if request.HasField("enabled") else None,
        )
        async with self._pool.acquire() as connection:
            after = (_cursor_time(cursor[0]), cursor[1]) if cursor else None
            found = await triggers.list_triggers(connection, wanted, after, limit + 1)
            items = await self._describe_many(connection, found[:limit])
        more = len(found) > limit
        last = found[limit - 1] if more else None
        return pb.ListTriggersResponse(
            items=items, next_cursor=encode_cursor(last.created_at.isoformat(), last.id) if last else ""
        )

    async def UpdateTrigger(self, request: pb.UpdateTriggerRequest, context: Any) -> pb.UpdateTriggerResponse:
        kind = _kind_of(request)
        wanted = _wanted_change(request)
        async with self._pool.acquire() as connection, connection.transaction():
            if kind is not None:
                trigger = await library.get_trigger(connection, request.trigger_id)
                if trigger.kind is not kind:
                    raise other_kind(f"/{kind.lower()}")
            trigger = await library.update_trigger(
                connection,
                self._outbox,
                self._kinds,
                request.trigger_id,
                wanted,
                _spec_of(request),
                tuple(request.clear),
                request.if_match,
            )
            return pb.UpdateTriggerResponse(trigger=await self._describe(connection, trigger))

    async def DeleteTrigger(self, request: pb.DeleteTriggerRequest, context: Any) -> pb.DeleteTriggerResponse:
        async with self._pool.acquire() as connection, connection.transaction():
            await library.delete_trigger(connection, self._outbox, self._kinds, request.trigger_id)
        return pb.DeleteTriggerResponse()

    async def EnableTrigger(self, request: pb.EnableTriggerRequest, context: Any) -> pb.EnableTriggerResponse:
        return pb.EnableTriggerResponse(trigger=await self._set_enabled(request.trigger_id, enabled=True))

    async def DisableTrigger(self, request: pb.DisableTriggerRequest, context: Any) -> pb.DisableTriggerResponse:
        return pb.DisableTriggerResponse(trigger=await self._set_enabled(request.trigger_id, enabled=False))

    async def FireTrigger(self, request: pb.FireTriggerRequest, context: Any) -> pb.FireTriggerResponse:
        accepted = await self._by_hand.fire(request.trigger_id, request.inputs_json, key_of(request))
        return pb.FireTriggerResponse(execution=execution_message(accepted.view), duplicate=accepted.duplicate)

    async def RotateTrigger(self, request: pb.RotateTriggerRequest, context: Any) -> pb.RotateTriggerResponse:
        async def rotate(connection: "Connection") -> pb.RotateTriggerResponse:
            trigger, secret = await library.rotate_secret(connection, self._outbox, self._kinds, request.trigger_id)
            return pb.RotateTriggerResponse(trigger=await self._describe(connection, trigger), secret=secret)

        return await answer_once(self._pool, key_of(request), pb.RotateTriggerResponse, rotate, keep=_without_secret)

    async def PreviewSchedule(self, request: pb.PreviewScheduleRequest, context: Any) -> pb.PreviewScheduleResponse:
        count = request.count or DEFAULT_PREVIEWED
        if not 1 <= count <= MAXIMUM_FIRES:
            raise invalid(
                "The count is out of range.", FieldError("/count", f"Give a number from 1 to {MAXIMUM_FIRES}.")
            )
        change = messages.schedule_change(request.schedule)
        async with self._pool.acquire() as connection:
            after = messages.time_of(request, "from", "/from") or await schedules.now(connection)
            if after >= LATEST:
                raise invalid("A time is out of range.", FieldError("/from", f"Give a time before {LATEST.year}."))
            schedule = apply_change(None, change, after)
            calendars = await find_calendars(connection, schedule.calendars)
            days = await load_stack(connection, calendars)
            found = preview(schedule, after, count, days)
            ahead = None
            if request.workflow_id:
                ahead = await forecast(connection, request.workflow_id, [fire.at for fire in found.fires])
        fires, dropped = messages.previewed(found, ahead)
        return pb.PreviewScheduleResponse(
            description=found.description, fires=fires, dropped=dropped, forecast=messages.forecast_message(ahead)
        )

    async def ListFires(self, request: pb.ListFiresRequest, context: Any) -> pb.ListFiresResponse:
        limit = clamp_limit(request.limit)
        cursor = decode_cursor(request.cursor, "text")
        outcomes = messages.outcomes_of(request.outcomes)
        wanted = ledger.Filter(
            outcomes=outcomes if request.outcomes else None,
            fire_from=messages.time_of(request, "from", "/from"),
            fire_to=messages.time_of(request, "to", "/to"),
        )
        async with self._pool.acquire() as connection:
            await library.get_trigger(connection, request.trigger_id)
            before = _cursor_time(cursor[0]) if cursor else None
            found = await ledger.list_fires(connection, request.trigger_id, wanted, before, limit + 1)
        more = len(found) > limit
        return pb.ListFiresResponse(
            items=[messages.fire_message(row) for row in found[:limit]],
            next_cursor=encode_cursor(found[limit - 1].fire_at.isoformat()) if more else "",
        )

    async def BackfillTrigger(self, request: pb.BackfillTriggerRequest, context: Any) -> pb.BackfillTriggerResponse:
        first = messages.time_of(request, "from", "/from")
        until = messages.time_of(request, "to", "/to")
        if first is None or until is None:
            raise invalid("Say which range is meant.", FieldError("/from" if first is None else "/to", "Give a time."))
        done = await self._by_hand.backfill(request.trigger_id, first, until, dry_run=request.dry_run)
        return pb.BackfillTriggerResponse(
            items=[messages.fire_message(row) for row in done.fires], remaining=done.remaining, shared=done.shared
        )

    async def _set_enabled(self, trigger_id: str, *, enabled: bool) -> trigger_pb2.Trigger:
        async with self._pool.acquire() as connection, connection.transaction():
            trigger = await library.set_enabled(connection, self._outbox, self._kinds, trigger_id, enabled=enabled)
            return await self._describe(connection, trigger)

    async def _describe(self, connection: "Connection", trigger: Trigger) -> trigger_pb2.Trigger:
        return (await self._describe_many(connection, [trigger]))[0]

    async def _describe_many(self, connection: "Connection", found: list[Trigger]) -> list[trigger_pb2.Trigger]:
        described = {trigger.id: messages.trigger_message(trigger) for trigger in found}
        for kind, details in self._kinds.items():
            mine = {trigger.id: described[trigger.id] for trigger in found if trigger.kind is kind}
            if mine:
                await details.describe(connection, mine)
        return list(described.values())


def _without_secret(response: Message) -> bytes:
    """What a repeat under the same Idempotency-Key gets."""
    shown = type(response)()
    shown.CopyFrom(response)
    shown.ClearField("secret")
    return shown.SerializeToString()


_KINDS = {
    trigger_pb2.TRIGGER_KIND_SCHEDULE: Kind.SCHEDULE.value,
    trigger_pb2.TRIGGER_KIND_WEBHOOK: Kind.WEBHOOK.value,
}


def _kind_of(request: Any) -> Kind | None:
    spec = request.WhichOneof("spec")
    return Kind(spec.upper()) if spec else None


def _spec_of(request: Any) -> Any:
    spec = request.WhichOneof("spec")
    return getattr(request, spec) if spec else None


def _wanted_new(request: pb.CreateTriggerRequest) -> Wanted:
    return Wanted(
        name=request.name.strip(),
        enabled=request.enabled if request.HasField("enabled") else True,
        inputs=request.inputs_json or b"{}",
        priority=request.priority or DEFAULT_PRIORITY,
        labels=tuple(dict.fromkeys(request.labels)),
        dedupe_key=request.dedupe_key,
        timeout_seconds=request.timeout_seconds,
        queue_timeout_seconds=(
            request.queue_timeout_seconds
            if request.HasField("queue_timeout_seconds")
            else DEFAULT_QUEUE_TIMEOUT_SECONDS
        ),
    )


def _wanted_change(request: pb.UpdateTriggerRequest) -> Wanted:
    def given(name: str) -> Any:
        return getattr(request, name) if request.HasField(name) else None  # type: ignore[arg-type]  # names of fields

    name = given("name")
    return Wanted(
        name=None if name is None else name.strip(),
        enabled=given("enabled"),
        inputs=request.inputs_json or None,
        priority=given("priority"),
        labels=tuple(dict.fromkeys(request.labels)) if request.set_labels else None,
        dedupe_key="" if "dedupeKey" in request.clear else given("dedupe_key"),
        timeout_seconds=given("timeout_seconds"),
        queue_timeout_seconds=given("queue_timeout_seconds"),
    )


def _workflow_id(text: str) -> str | None:
    if text and not is_id(text):
        raise invalid("The workflow's id is no id.", FieldError("/workflowId", "Give the id of a workflow."))
    return text or None


def _cursor_time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    # The first and last years overflow in other offsets.
    if at is None or at.tzinfo is None or not MINYEAR < at.year < MAXYEAR:
        raise invalid("The cursor is not one of ours.", FieldError("/cursor", "Use the nextCursor of the page before."))
    return at


def registration(pool: "Pool", outbox: Outbox, kinds: Kinds, by_hand: ByHand, licence: Licence) -> Registration:
    """The servicer, ready to be served."""
    return Registration(
        trigger_service_pb2_grpc.add_TriggerServiceServicer_to_server,
        TriggerServicer(pool, outbox, kinds, by_hand, licence),
        pb.DESCRIPTOR.services_by_name["TriggerService"],
    )
