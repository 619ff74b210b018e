"""AuditService over gRPC: messages to models and back."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from exekra.audit.v1 import audit_service_pb2 as pb
from exekra.audit.v1 import audit_service_pb2_grpc
from services.audit.model import Event, Filters, Link
from services.audit.use_cases import AuditLog
from services.kit.errors import FieldError, invalid
from services.kit.ids import is_id
from services.kit.paging import clamp_limit, decode_cursor, encode_cursor


class AuditServicer(audit_service_pb2_grpc.AuditServiceServicer):
    """See the proto for callers, permissions and reasons."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    async def Append(self, request: pb.AppendRequest, context: Any) -> pb.AppendResponse:  # noqa: ARG002, N802, D102
        events = [_to_event(number, event) for number, event in enumerate(request.events)]
        return pb.AppendResponse(head_seq=await self._audit.append(events))

    async def ListEvents(self, request: pb.ListEventsRequest, context: Any) -> pb.ListEventsResponse:  # noqa: ARG002, N802, D102
        limit = clamp_limit(request.limit)
        cursor = decode_cursor(request.cursor, "number")
        filters = Filters(
            actor=request.actor,
            action=request.action,
            resource=request.resource,
            since=_to_datetime(request, "from"),
            until=_to_datetime(request, "to"),
        )
        links = await self._audit.list_events(filters, int(cursor[0]) if cursor else None, limit + 1)
        more = len(links) > limit
        return pb.ListEventsResponse(
            items=[_to_message(link) for link in links[:limit]],
            next_cursor=encode_cursor(links[limit - 1].seq) if more else "",
        )

    async def Verify(self, request: pb.VerifyRequest, context: Any) -> pb.VerifyResponse:  # noqa: ARG002, N802, D102
        verdict = await self._audit.verify()
        return pb.VerifyResponse(
            valid=verdict.valid,
            checked=verdict.checked,
            broken_at=verdict.broken_at,
            message=verdict.message,
            head_hash=verdict.head_hash.hex(),
        )

    async def Export(self, request: pb.ExportRequest, context: Any) -> AsyncIterator[pb.ExportResponse]:  # noqa: ARG002, N802, D102
        async for lines in self._audit.export():
            yield pb.ExportResponse(lines=lines)


def _to_event(number: int, event: pb.AuditEvent) -> Event:
    if not is_id(event.id):
        raise invalid("An audit event needs a UUID.", FieldError(f"/events/{number}/id", "Give a UUIDv7."))
    return Event(
        id=event.id,
        at=event.at.ToDatetime(tzinfo=UTC),
        service=_text(event.service),
        actor_kind=_text(event.actor_kind),
        actor_id=_text(event.actor_id),
        actor_name=_text(event.actor_name),
        action=_text(event.action),
        resource_kind=_text(event.resource_kind),
        resource_id=_text(event.resource_id),
        resource_name=_text(event.resource_name),
        ip=_text(event.ip),
        request_id=_text(event.request_id),
        details=_details(number, event.details_json),
    )


def _text(text: str) -> str:
    """Postgres stores no NUL; an event must not stick in an outbox because somebody sent one."""
    return text.replace("\x00", "\ufffd")


def _details(number: int, details: bytes) -> str:
    try:
        text = details.decode() or "{}"
        json.loads(text)
    except ValueError:
        raise invalid(
            "The details of an audit event are not JSON.",
            FieldError(f"/events/{number}/details", "Give a JSON object."),
        ) from None
    return text


def _to_datetime(request: pb.ListEventsRequest, field: str) -> datetime | None:
    if not request.HasField(field):  # type: ignore[arg-type]  # the stub wants a literal
        return None
    stamp: Timestamp = getattr(request, field)  # `from` is a keyword, so it cannot be written as an attribute
    return stamp.ToDatetime(tzinfo=UTC)


def _to_message(link: Link) -> pb.AuditEvent:
    event = link.event
    message = pb.AuditEvent(
        id=event.id,
        service=event.service,
        actor_kind=event.actor_kind,
        actor_id=event.actor_id,
        actor_name=event.actor_name,
        action=event.action,
        resource_kind=event.resource_kind,
        resource_id=event.resource_id,
        resource_name=event.resource_name,
        ip=event.ip,
        request_id=event.request_id,
        details_json=event.details.encode(),
        seq=link.seq,
        hash=link.hash.hex(),
    )
    message.at.FromDatetime(event.at)
    return message
