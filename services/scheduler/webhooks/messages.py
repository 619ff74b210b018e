"""Webhooks and deliveries as protobuf messages."""

import json
from typing import Any

from exekra.scheduler.v1 import trigger_pb2, webhook_pb2, webhook_service_pb2
from services.scheduler.executions.messages import timestamp
from services.scheduler.webhooks.content import by_name, preview, redact_query
from services.scheduler.webhooks.inbox import Receipt
from services.scheduler.webhooks.model import AuthType, Delivery, Incoming, Outcome, Rejection
from services.scheduler.webhooks.repository.hooks import webhook_of


def to_spec(row: Any, path: str) -> trigger_pb2.WebhookSpec:
    """What `hooks.describe` read, without any secret."""
    webhook = webhook_of(row)
    auth = trigger_pb2.WebhookAuth(type=webhook.auth.type)
    if webhook.auth.type is AuthType.BASIC:
        auth.username = webhook.auth.username
    if webhook.auth.type is AuthType.HMAC:
        auth.header = webhook.auth.header
        auth.algorithm = webhook.auth.algorithm
        auth.encoding = webhook.auth.encoding
        auth.prefix = webhook.auth.prefix
        auth.secret_encoding = webhook.auth.secret_encoding
    return trigger_pb2.WebhookSpec(
        auth=auth,
        filter=webhook.filter,
        allowed_ips=[str(network) for network in webhook.allowed_ips],
        path=path,
        rate_limit=webhook.rate_limit,
        previous_secret_until=timestamp(row["previous_until"]),
        held_deliveries=row["held"],
        last_delivery_at=timestamp(row["last_at"]),
    )


def to_incoming(message: webhook_service_pb2.IncomingDelivery) -> Incoming:
    """Header values are bytes on the wire: UTF-8 where they can be, else what HTTP once meant."""
    return Incoming(
        headers=[(header.name.lower(), _text(header.value)) for header in message.headers],
        query=message.query,
        body=message.body,
        ip=message.ip,
        method=message.method or "POST",
        url=message.url,
    )


def to_accepted(receipt: Receipt) -> webhook_service_pb2.AcceptedDelivery:
    """What the sender is told."""
    return webhook_service_pb2.AcceptedDelivery(
        delivery_id=receipt.stored.delivery_id,
        execution_id=receipt.stored.execution_id or "",
        outcome=outcome_number(receipt.stored.outcome),
        duplicate=receipt.stored.duplicate,
        answer_json=receipt.answer,
        rate_limit=receipt.allowance.limit,
        rate_remaining=receipt.allowance.remaining,
        rate_reset_seconds=receipt.allowance.reset_seconds,
    )


def to_delivery(delivery: Delivery, *, whole: bool) -> webhook_pb2.Delivery:
    """As people see it: credentials are not there any more, the body is its first 16 KiB."""
    sent = delivery.sent
    message = webhook_pb2.Delivery(
        id=delivery.id,
        trigger_id=delivery.trigger_id,
        received_at=timestamp(delivery.received_at),
        outcome=outcome_number(delivery.outcome),
        reason=delivery.reason,
        message=delivery.message,
        execution_id=delivery.execution_id or "",
        dedupe_id=delivery.dedupe_id,
        ip=sent.ip,
        method=sent.method,
        query=redact_query(sent.query),
        body_bytes=delivery.body_bytes,
        replay_of=delivery.replay_of or "",
    )
    if whole:
        message.content_type = sent.header("content-type") or ""
        message.headers_json = json.dumps(by_name(sent.headers), ensure_ascii=False).encode()
        message.body_preview, message.body_complete = preview(sent.body, message.content_type)
    return message


def to_rejection(rejection: Rejection) -> webhook_pb2.Rejection:
    """As people see it."""
    return webhook_pb2.Rejection(
        reason=rejection.reason,
        message=rejection.message,
        ip=rejection.ip,
        times=rejection.times,
        first_at=timestamp(rejection.first_at),
        last_at=timestamp(rejection.last_at),
    )


def outcome_number(outcome: Outcome) -> webhook_pb2.DeliveryOutcome.ValueType:
    """The enum of an outcome."""
    return webhook_pb2.DeliveryOutcome.Value(f"DELIVERY_OUTCOME_{outcome}")


def outcome_of(number: int) -> Outcome | None:
    """None for the unspecified and for numbers of a newer version."""
    known = number in webhook_pb2.DeliveryOutcome.values() and number
    return Outcome(webhook_pb2.DeliveryOutcome.Name(number).removeprefix("DELIVERY_OUTCOME_")) if known else None  # type: ignore[arg-type]  # checked above


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
