"""Sends one delivery and says what came of it. Owns no queue: what follows from the attempt is the pump's."""

import asyncio
import json
import ssl
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import aiohttp

from services.kit.outbound import AddressRefused, Answer, Outbound, tls_context
from services.kit.sealing import Binding, Sealer, SealingError
from services.scheduler.delivery.model import LOGGED_BODY_BYTES, Attempt, Keys, Outcome, SealedValue, Target
from services.scheduler.delivery.signing import SIGNATURE_HEADER, signed_headers
from services.scheduler.delivery.verdicts import describe, judge, read_retry_after

SECRET_KIND: Final = "event_endpoint.secret"  # noqa: S105 - what it is bound to, not a secret
HEADERS_KIND: Final = "event_endpoint.headers"
USER_AGENT: Final = "Exekra-Hub"
HIDDEN: Final = "(hidden)"
_SECRET_ANSWERS: Final = frozenset({"set-cookie", "authorization", "www-authenticate", "proxy-authenticate"})
_MOST_HEADERS: Final = 30
_MOST_VALUE: Final = 500


class Sender:
    """One per process. `public` and `permitted` differ in the addresses they connect to."""

    def __init__(self, public: Outbound, permitted: Outbound, sealer: Sealer, *, answer_seconds: float) -> None:
        self._public = public
        self._permitted = permitted
        self._sealer = sealer
        self._answer_seconds = answer_seconds

    async def send(self, target: Target, message_id: str, body: bytes) -> Attempt:
        """One POST. Never raises for what a receiver, its name, its certificate or its silence does."""
        at = datetime.now(UTC)
        started = time.monotonic()
        own: dict[str, str] = {}
        answer: Answer | None = None
        error = ""
        shown: dict[str, str] = {}
        try:
            secrets, own = self._open(target)
            signed = signed_headers(secrets, message_id, int(at.timestamp()), body)
            headers = {**own, "content-type": "application/json", "user-agent": USER_AGENT, **signed}
            shown = {name: HIDDEN if name in own or name == SIGNATURE_HEADER else headers[name] for name in headers}
            outbound = self._permitted if target.allow_private else self._public
            # The deadline is repeated here: a name that hangs in the resolver is outside of the client's own.
            async with asyncio.timeout(self._answer_seconds + 1.0):
                answer = await outbound.send(
                    "POST",
                    target.url,
                    headers=headers,
                    body=body,
                    tls=tls_context(verify=target.verify_tls, authority=target.ca_pem),
                    seconds=self._answer_seconds,
                    most_bytes=LOGGED_BODY_BYTES,
                )
        except TimeoutError:
            error = f"No answer within {self._answer_seconds:g} seconds."
        except AddressRefused as refused:
            error = str(refused)
        except (aiohttp.ClientError, ssl.SSLError, OSError, ValueError) as failure:
            # The connector's own words name the TLS context as an object in memory.
            cause = failure.os_error if isinstance(failure, aiohttp.ClientConnectorError) else failure
            error = f"The receiver cannot be reached: {cause or type(cause).__name__}"
        except SealingError as failure:
            error = f"The Hub cannot sign for this endpoint: {failure}"
        return _attempt(at, time.monotonic() - started, shown, answer, error)

    def _open(self, target: Target) -> tuple[list[str], dict[str, str]]:
        keys = target.keys
        secrets = [self._secret(target.endpoint_id, keys.secret)]
        if keys.previous is not None:
            secrets.append(self._secret(target.endpoint_id, keys.previous))
        return secrets, open_headers(self._sealer, target.endpoint_id, keys)

    def _secret(self, endpoint_id: str, sealed: SealedValue) -> str:
        return self._sealer.open(sealed.envelope, Binding(SECRET_KIND, endpoint_id, sealed.version)).decode()


def open_headers(sealer: Sealer, endpoint_id: str, keys: Keys) -> dict[str, str]:
    """The endpoint's own headers. Raises SealingError."""
    sealed = sealer.open(keys.headers.envelope, Binding(HEADERS_KIND, endpoint_id, keys.headers.version))
    headers: dict[str, str] = json.loads(sealed)
    return headers


def _attempt(at: datetime, seconds: float, shown: Mapping[str, str], answer: Answer | None, error: str) -> Attempt:
    if answer is None:
        return Attempt(at, seconds, Outcome.RETRY, shown, error=printable(error))
    headers = {name.lower(): value for name, value in answer.headers.items()}
    outcome = judge(answer.status)
    text = printable(answer.body.decode("utf-8", "replace"))
    return Attempt(
        at=at,
        duration_seconds=seconds,
        outcome=outcome,
        request_headers=shown,
        response_status=answer.status,
        response_headers=_bounded(headers),
        response_body=text if answer.is_whole else f"{text}…",
        error="" if outcome is Outcome.DELIVERED else describe(answer.status),
        retry_after_seconds=read_retry_after(headers["retry-after"], at) if "retry-after" in headers else None,
    )


def _bounded(headers: Mapping[str, str]) -> dict[str, str]:
    return {
        printable(name)[:_MOST_VALUE]: HIDDEN if name in _SECRET_ANSWERS else printable(value)[:_MOST_VALUE]
        for name, value in list(headers.items())[:_MOST_HEADERS]
    }


def printable(text: str) -> str:
    """What Postgres can keep: no NUL, no lone surrogates."""
    return text.replace("\x00", "�").encode("utf-8", "replace").decode()


def message_id(event_id: str) -> str:
    """`webhook-id`: of the event, so that a repeat and a replay have the same."""
    return f"evt_{event_id.replace('-', '')}"
