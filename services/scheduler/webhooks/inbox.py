"""Taking a delivery in: who sent it, whether it counts, and one transaction that holds it and its execution.

Deliveries that come at the same time share their statements (`services.kit.batches`). Nobody is answered before the
commit.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import TYPE_CHECKING

from services.kit.batches import Batches
from services.kit.errors import DomainError
from services.kit.ids import new_id
from services.kit.sealing import Sealer
from services.kit.translation import is_outage
from services.scheduler.executions.use_cases import Submissions
from services.scheduler.expressions.evaluator import EvaluationError, Evaluator
from services.scheduler.webhooks import signatures
from services.scheduler.webhooks.allowance import Allowance, Allowances
from services.scheduler.webhooks.bindings import secret_of
from services.scheduler.webhooks.content import dedupe_id, parse_json, redact_headers
from services.scheduler.webhooks.errors import (
    filter_failed,
    hook_not_found,
    ip_not_allowed,
    not_believed,
    trigger_disabled,
)
from services.scheduler.webhooks.launching import Launcher, inputs_of, submission_of
from services.scheduler.webhooks.model import AuthType, Delivery, Hook, Incoming, Outcome
from services.scheduler.webhooks.rejections import Rejections
from services.scheduler.webhooks.repository import hooks
from services.scheduler.webhooks.storing import Judged, Stored, Storing, refused

if TYPE_CHECKING:
    from services.kit.postgres import Pool

IDENTIFIED_AT_ONCE = 100
MAXIMUM_TOKEN = 100


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender is told. `answer`: exactly this JSON, for a sender that checks the address."""

    stored: Stored
    allowance: Allowance
    answer: bytes = b""


class NeedsToBeAloneError(Exception):
    """A filter has to judge the delivery first: those it came with must not wait for that."""


class Inbox:
    """The door. `rate_limit`: deliveries a minute for triggers that say nothing of their own."""

    def __init__(
        self,
        pool: "Pool",
        sealer: Sealer,
        submissions: Submissions,
        launcher: Launcher,
        evaluator: Evaluator,
        rejections: Rejections,
        *,
        rate_limit: int,
    ) -> None:
        self._pool = pool
        self._sealer = sealer
        self._submissions = submissions
        self._evaluator = evaluator
        self._rejections = rejections
        self._rate_limit = rate_limit
        self._allowances = Allowances()
        self._storing = Storing(pool, submissions, launcher)
        self._identifying: Batches[bytes, Hook] = Batches(self._identify, most=IDENTIFIED_AT_ONCE, at_once=1)

    async def accept(self, token: str, sent: Incoming, *, is_alone: bool = True) -> Receipt:
        """Keeps the delivery and starts its execution. Raises NeedsToBeAloneError when it is not and has to be.

        Raises HOOK_NOT_FOUND, IP_NOT_ALLOWED, a signature's reason, TRIGGER_DISABLED, RATE_LIMITED: nothing is kept,
        but all except the first are counted (`rejections`).
        Raises FILTER_FAILED, NOT_PUBLISHED, INPUTS_INVALID, LICENCE_REFUSED with `deliveryId` among its facts: it is
        kept as refused. Raises UNAVAILABLE while the database is away.
        """
        hook = await self._find(token)
        try:
            allowance = self._admit(hook, sent, is_alone=is_alone)
        except DomainError as refusal:
            await self._rejections.note(hook.trigger_id, sent.ip, refusal)
            raise
        delivery = Delivery(
            id=new_id(),
            trigger_id=hook.trigger_id,
            received_at=hook.now,
            outcome=Outcome.ACCEPTED,
            sent=replace(sent, headers=redact_headers(sent.headers), url=""),
            dedupe_id=dedupe_id(hook.webhook.auth.type, sent),
            body_bytes=len(sent.body),
        )
        challenge = _challenge(hook, sent)
        judged = await self._judge(hook, delivery, is_check=challenge is not None)
        stored = await self._storing.store(judged)
        if stored.refusal is not None:
            raise _with_id(stored.refusal, stored.delivery_id)
        return Receipt(stored, allowance, challenge or b"")

    async def _find(self, token: str) -> Hook:
        if not 1 <= len(token) <= MAXIMUM_TOKEN:
            raise hook_not_found()
        return await self._identifying.do(hashlib.sha256(token.encode()).digest())

    async def _identify(self, digests: Sequence[bytes]) -> Sequence[Hook | Exception]:
        async with self._pool.acquire() as connection:
            found = await hooks.find_hooks(connection, list(set(digests)))
        return [found.get(digest) or hook_not_found() for digest in digests]

    def _admit(self, hook: Hook, sent: Incoming, *, is_alone: bool) -> Allowance:
        self._believe(hook, sent)
        if not hook.enabled:
            raise trigger_disabled()
        if hook.webhook.filter and not is_alone:
            raise NeedsToBeAloneError
        return self._allowances.take(hook.trigger_id, hook.webhook.rate_limit or self._rate_limit)

    def _believe(self, hook: Hook, sent: Incoming) -> None:
        allowed = hook.webhook.allowed_ips
        if allowed:
            address = ip_address(sent.ip)
            address = getattr(address, "ipv4_mapped", None) or address
            if not any(address in network for network in allowed):
                raise ip_not_allowed(sent.ip)
        refusal = signatures.check(hook.webhook.auth, self._secrets(hook), sent, hook.now.timestamp())
        if refusal is not None:
            raise not_believed(refusal)

    def _secrets(self, hook: Hook) -> list[str]:
        sealed = ((hook.secret, hook.secret_version), (hook.previous, hook.secret_version - 1))
        return [
            self._sealer.open(envelope, secret_of(hook.trigger_id, version)).decode()
            for envelope, version in sealed
            if envelope is not None
        ]

    async def _judge(self, hook: Hook, delivery: Delivery, *, is_check: bool) -> Judged:
        """Decides what needs no transaction: the address check, the filter, the licence."""
        if is_check:
            ignored = replace(delivery, outcome=Outcome.IGNORED, reason="URL_VERIFICATION")
            return Judged(hook, replace(ignored, message="The sender checked the address."), None)
        inputs = inputs_of(hook, delivery)
        try:
            if hook.webhook.filter and not await self._evaluator.evaluate(hook.webhook.filter, inputs):
                ignored = replace(delivery, outcome=Outcome.IGNORED, reason="FILTER")
                return Judged(hook, replace(ignored, message="The trigger's filter is false for it."), None)
            await self._submissions.require_licence()
            return Judged(hook, delivery, submission_of(hook, inputs))
        except EvaluationError as error:
            if error.missing:
                ignored = replace(delivery, outcome=Outcome.IGNORED, reason="FILTER")
                return Judged(hook, replace(ignored, message=f"The trigger's filter finds no match: {error}"), None)
            return _refused(hook, delivery, filter_failed(str(error)))
        except DomainError as error:
            if is_outage(error):
                raise
            return _refused(hook, delivery, error)


def _refused(hook: Hook, delivery: Delivery, refusal: DomainError) -> Judged:
    return Judged(hook, refused(delivery, refusal), None, refusal)


def _challenge(hook: Hook, sent: Incoming) -> bytes | None:
    """What Slack wants to read back when somebody enters the address there."""
    if hook.webhook.auth.type is not AuthType.SLACK or b'"url_verification"' not in sent.body:
        return None
    document = parse_json(sent.body, sent.header("content-type") or "")
    if not isinstance(document, dict) or document.get("type") != "url_verification":
        return None
    challenge = document.get("challenge")
    return json.dumps({"challenge": challenge}).encode() if isinstance(challenge, str) else None


def _with_id(refusal: DomainError, delivery_id: str) -> DomainError:
    facts = {**refusal.facts, "deliveryId": delivery_id}
    return DomainError(refusal.kind, refusal.reason, refusal.message, fields=refusal.fields, facts=facts)
