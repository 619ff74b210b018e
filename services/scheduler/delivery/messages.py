"""Endpoints and deliveries as protobuf messages, and requests as drafts."""

import json
from typing import Any

from exekra.scheduler.v1 import event_endpoint_pb2 as pb
from exekra.scheduler.v1 import event_endpoint_service_pb2 as service
from exekra.scheduler.v1 import execution_pb2
from services.kit.errors import FieldError, invalid
from services.scheduler.delivery.model import (
    Delivery,
    DeliveryStatus,
    Draft,
    Endpoint,
    Filter,
    LoggedAttempt,
    Replay,
)
from services.scheduler.delivery.sender import message_id
from services.scheduler.executions.messages import instant, timestamp


def endpoint_message(endpoint: Endpoint) -> pb.EventEndpoint:
    """Without secrets and without values of headers."""
    return pb.EventEndpoint(
        id=endpoint.id,
        name=endpoint.name,
        url=endpoint.url,
        enabled=endpoint.enabled,
        disabled_reason=endpoint.disabled_reason,
        event_types=endpoint.filter.event_types,
        workflow_ids=endpoint.filter.workflow_ids,
        labels=endpoint.filter.labels,
        header_names=endpoint.header_names,
        allow_private=endpoint.allow_private,
        verify_tls=endpoint.verify_tls,
        ca_pem=endpoint.ca_pem,
        failures=endpoint.failures,
        open_until=timestamp(endpoint.open_until),
        last_success_at=timestamp(endpoint.last_success_at),
        last_failure_at=timestamp(endpoint.last_failure_at),
        last_error=endpoint.last_error,
        previous_secret_until=timestamp(endpoint.previous_until),
        pending=endpoint.pending,
        parked=endpoint.parked,
        created_at=timestamp(endpoint.created_at),
        updated_at=timestamp(endpoint.updated_at),
        created_by=execution_pb2.Actor(kind=endpoint.creator.kind, id=endpoint.creator.id, name=endpoint.creator.name),
        etag=endpoint.etag,
    )


def delivery_message(delivery: Delivery) -> pb.EventDelivery:
    """One line of the log."""
    return pb.EventDelivery(
        id=delivery.id,
        endpoint_id=delivery.endpoint_id,
        message_id=message_id(delivery.event.id),
        event_type=delivery.event.type,
        event_at=timestamp(delivery.event.at),
        subject_kind=delivery.event.subject_kind,
        subject_id=delivery.event.subject_id,
        status=pb.EventDeliveryStatus.Value(f"EVENT_DELIVERY_STATUS_{delivery.status}"),
        attempts=delivery.attempts,
        created_at=timestamp(delivery.created_at),
        ended_at=timestamp(delivery.ended_at),
        next_at=timestamp(delivery.next_at),
        give_up_at=timestamp(delivery.give_up_at),
        response_status=delivery.last_status or 0,
        error=delivery.last_error,
    )


def attempt_message(logged: LoggedAttempt) -> pb.EventDeliveryAttempt:
    """One try."""
    attempt = logged.attempt
    answered = attempt.response_headers
    return pb.EventDeliveryAttempt(
        attempt_no=logged.attempt_no,
        at=timestamp(attempt.at),
        duration_seconds=attempt.duration_seconds,
        outcome=pb.EventDeliveryOutcome.Value(f"EVENT_DELIVERY_OUTCOME_{attempt.outcome}"),
        request_headers_json=json.dumps(dict(attempt.request_headers)).encode(),
        response_status=attempt.response_status or 0,
        response_headers_json=json.dumps(dict(answered)).encode() if answered is not None else b"",
        response_body=attempt.response_body or "",
        error=attempt.error,
    )


def new_draft(request: service.CreateEventEndpointRequest) -> Draft:
    """What somebody wants made."""
    return Draft(
        name=request.name,
        url=request.url,
        filter=Filter(tuple(request.event_types), tuple(request.workflow_ids), tuple(request.labels)),
        enabled=request.enabled,
        headers=_headers(request.headers_json) or {},
        allow_private=request.allow_private,
        verify_tls=request.verify_tls,
        ca_pem=request.ca_pem,
    )


def changed_draft(draft: Draft, request: service.UpdateEventEndpointRequest) -> Draft:
    """The draft with what the request gives."""
    chosen = draft.filter
    given: Any = {
        name: getattr(request, name) if request.HasField(name) else getattr(draft, name)
        for name in ("name", "url", "enabled", "allow_private", "verify_tls", "ca_pem")
    }
    return Draft(
        **given,
        filter=Filter(
            tuple(request.event_types) if request.set_event_types else chosen.event_types,
            tuple(request.workflow_ids) if request.set_workflow_ids else chosen.workflow_ids,
            tuple(request.labels) if request.set_labels else chosen.labels,
        ),
        headers=_headers(request.headers_json),
    )


def replay_of(request: service.ReplayEventDeliveriesRequest) -> Replay:
    """Parked deliveries, unless something else is asked for."""
    statuses = statuses_of(request.statuses)
    if not statuses and not request.missed:
        every = (DeliveryStatus.PARKED, DeliveryStatus.DELIVERED)
        statuses = every if request.delivery_ids else every[:1]
    return Replay(
        delivery_ids=tuple(request.delivery_ids),
        statuses=statuses,
        missed=request.missed,
        since=instant(getattr(request, "from")) if request.HasField("from") else None,
        until=instant(request.to) if request.HasField("to") else None,
    )


def statuses_of(numbers: Any) -> tuple[DeliveryStatus, ...]:
    """The statuses of a filter; numbers of a newer version are left out."""
    names = {number: name.removeprefix("EVENT_DELIVERY_STATUS_") for name, number in pb.EventDeliveryStatus.items()}
    return tuple(DeliveryStatus(names[number]) for number in numbers if number and number in names)


def _headers(document: bytes) -> dict[str, str] | None:
    if not document:
        return None
    headers = json.loads(document)
    if not isinstance(headers, dict):
        raise invalid("Headers are an object.", FieldError("/headers", 'Give {"name": "value"}.'))
    return headers
