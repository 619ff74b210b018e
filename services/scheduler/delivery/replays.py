"""Sending again by hand: a replay of what has ended, and a test at once."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from services.scheduler.delivery import queue, repository
from services.scheduler.delivery.errors import endpoint_not_found, replay_of_nothing
from services.scheduler.delivery.model import (
    MAXIMUM_REPLAY,
    Delivery,
    DeliveryStatus,
    Endpoint,
    LoggedAttempt,
    Outcome,
    Replay,
)
from services.scheduler.delivery.payload import build_body
from services.scheduler.delivery.sender import Sender, message_id
from services.scheduler.delivery.types import TEST

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

ADD_TEST = """INSERT INTO outgoing_event (type, subject_kind, subject_id, order_key, endpoint_id, data, fanned_out_at)
 VALUES ($1, 'endpoint', $2::text, new_id()::text, $2::uuid, $3, now())
 RETURNING seq, id::text AS event_id, type, at, subject_kind, subject_id, data::text AS data"""
ADD_ENDED = """INSERT INTO event_delivery (endpoint_id, event_seq, order_key, status, attempts, tries, give_up_at,
  ended_at, last_status, last_error)
 SELECT $1, e.seq, e.order_key, $3, 1, 1, now(), now(), $4, $5 FROM outgoing_event e WHERE e.seq = $2
 RETURNING id::text"""


async def replay(connection: "Connection", endpoint_id: str, wanted: Replay, window_seconds: float) -> tuple[int, bool]:
    """Makes what is wanted pending again; answers how many, and whether there are more. Raises REPLAY_OF_NOTHING.

    What is pending already is not touched: it will be sent anyway.
    """
    if not (wanted.delivery_ids or wanted.statuses or wanted.missed):
        raise replay_of_nothing()
    chosen = await repository.choose(connection, endpoint_id, wanted, MAXIMUM_REPLAY + 1)
    more = len(chosen) > MAXIMUM_REPLAY
    await queue.revive(connection, repository.REVIVE, chosen[:MAXIMUM_REPLAY], window_seconds)
    return min(len(chosen), MAXIMUM_REPLAY), more


async def send_test(pool: "Pool", sender: Sender, endpoint: Endpoint) -> tuple[Delivery, LoggedAttempt]:
    """Sends `endpoint.test` now and logs it. It is not tried again: whoever pressed the button sees what came of it."""
    told = json.dumps({"endpoint": {"id": endpoint.id, "name": endpoint.name}, "message": "This is a test."})
    async with pool.acquire() as connection:
        event = repository.event_of(await connection.fetchrow(ADD_TEST, TEST, endpoint.id, told))
        target = await repository.target(connection, endpoint.id)
        body = await build_body(connection, event)
    if target is None:
        raise endpoint_not_found()
    attempt = await sender.send(target, message_id(event.id), body)
    if attempt.outcome is Outcome.RETRY:
        attempt = replace(attempt, outcome=Outcome.PARKED)
    status = DeliveryStatus.DELIVERED if attempt.outcome is Outcome.DELIVERED else DeliveryStatus.PARKED
    async with pool.acquire() as connection, connection.transaction():
        delivery_id = await connection.fetchval(
            ADD_ENDED, endpoint.id, event.seq, status, attempt.response_status, attempt.error[:1_000]
        )
        await queue.log_attempt(connection, delivery_id, 1, attempt)
        delivery = await repository.delivery(connection, endpoint.id, delivery_id)
    if delivery is None:
        raise endpoint_not_found()
    return delivery, LoggedAttempt(1, attempt)
