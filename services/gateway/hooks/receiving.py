"""Receives a delivery: takes it to the scheduler as it came, and answers after the commit.

202 `{deliveryId, executionId, outcome}`; 200 with the same ids when it was taken in before; with `?wait=SECONDS` 200
with the execution's output if it ends in time. What is refused is a problem document, as everywhere.
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from exekra.scheduler.v1 import webhook_pb2
from exekra.scheduler.v1 import webhook_service_pb2 as pb
from services.gateway.hooks.endings import Endings
from services.gateway.hooks.taking import Taking
from services.gateway.parts import Gateway
from services.gateway.transcoding.enums import words
from services.gateway.web.bodies import read_body
from services.gateway.web.rate_limits import Allowance
from services.gateway.web.request_keys import RATE_HEADERS
from services.kit.errors import DomainError, FieldError, Kind, invalid, unavailable

OUTCOMES = words(webhook_pb2.DeliveryOutcome.DESCRIPTOR)
BODY_BYTES = 1024 * 1024
MAXIMUM_WAIT_SECONDS = 30.0
POLICY = "hook"


def hook_routes(gateway: Gateway) -> list[web.RouteDef]:
    """Only POST: a sender that asks otherwise is told so."""
    return [web.post("/hooks/{token}", Receiver(gateway).receive)]


class Receiver:
    """One for each gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._taking = Taking(gateway.peers)
        self._endings = Endings(gateway.feed, gateway.peers)

    async def receive(self, request: web.Request) -> web.StreamResponse:
        """The answer to one delivery. Raises what makes a problem document."""
        wait = read_wait(request.query.getall("wait", []))
        body = await read_body(request, BODY_BYTES)
        if not wait:
            return _answer(await self._accept(request, body))
        async with self._endings.attend():
            reply = await self._accept(request, body)
            if not reply.execution_id:
                return _answer(reply)
            execution = await self._endings.wait(reply.execution_id, wait, known_before=reply.duplicate)
        return _answer(reply, execution)

    async def _accept(self, request: web.Request, body: bytes) -> pb.AcceptedDelivery:
        clients = self._gateway.clients
        message = pb.IncomingDelivery(
            token=_text(request.match_info["token"]),
            query=_text(request.rel_url.raw_query_string),
            body=body,
            ip=clients.ip(request),
            url=f"{clients.base_url(request)}{_text(request.raw_path)}",
            method=request.method,
        )
        for name, value in request.raw_headers:
            message.headers.add(name=name.decode("ascii", "replace").lower(), value=value)
        try:
            reply = await self._taking.take(message)
        except DomainError as error:
            self._count_refusal(request, error)
            raise
        request[RATE_HEADERS] = Allowance(POLICY, reply.rate_limit, reply.rate_remaining, reply.rate_reset_seconds)
        return reply

    def _count_refusal(self, request: web.Request, error: DomainError) -> None:
        """Who guesses addresses is told to slow down. Raises RATE_LIMITED; UNAVAILABLE for what took too long."""
        if error.kind is Kind.NOT_FOUND:
            request[RATE_HEADERS] = self._gateway.limits.take("anonymous", self._gateway.clients.ip(request))
        elif error.kind is Kind.DEADLINE:
            # Nobody knows whether it was taken in: the same delivery id sent again is safe, and senders know 503.
            raise unavailable("The Hub's inbox") from error
        elif error.reason == "RATE_LIMITED":
            limit, seconds = int(error.facts["rateLimit"]), int(error.facts["retryAfterSeconds"])
            request[RATE_HEADERS] = Allowance(POLICY, limit, 0, seconds)


def _text(given: str) -> str:
    """Bytes that were no UTF-8 come from the parser as halves of characters, which no message may hold."""
    return given.encode("utf-8", "replace").decode()


def read_wait(given: Sequence[str]) -> float:
    """Seconds from 0 to 30. Raises INVALID for anything else."""
    if not given:
        return 0.0
    try:
        seconds = float(given[0]) if len(given) == 1 else math.nan
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= MAXIMUM_WAIT_SECONDS:
        detail = f"Give seconds from 0 to {MAXIMUM_WAIT_SECONDS:.0f}, once."
        raise invalid("The delivery cannot wait like this.", FieldError("/wait", detail))
    return seconds


def _answer(reply: pb.AcceptedDelivery, execution: Mapping[str, Any] | None = None) -> web.Response:
    if reply.answer_json:
        return web.Response(body=reply.answer_json, content_type="application/json", charset="utf-8")
    document = {
        "deliveryId": reply.delivery_id,
        "executionId": reply.execution_id or None,
        "outcome": OUTCOMES[reply.outcome],
        "duplicate": reply.duplicate,
    }
    status = 200 if reply.duplicate or execution is not None else 202
    body = json.dumps({**document, **(execution or {})}, ensure_ascii=False, separators=(",", ":")).encode()
    return web.Response(status=status, body=body, content_type="application/json", charset="utf-8")
