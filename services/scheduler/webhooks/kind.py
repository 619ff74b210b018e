"""Webhooks as a kind of trigger: their address and secrets, made once, sealed at once, shown to who may."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from exekra.scheduler.v1 import trigger_pb2
from services.kit.identity import acting_principal
from services.kit.sealing import Sealer
from services.scheduler.triggers.model import Changed, Trigger
from services.scheduler.webhooks.bindings import secret_of, token_of
from services.scheduler.webhooks.errors import no_secret
from services.scheduler.webhooks.messages import to_spec
from services.scheduler.webhooks.model import AuthType, Webhook
from services.scheduler.webhooks.repository import hooks
from services.scheduler.webhooks.spec import check_secret, make_secret, read_webhook, shown

if TYPE_CHECKING:
    from services.kit.postgres import Connection

TOKEN_BYTES = 32
PATH = "/hooks/"
EDIT = "trigger:edit"
"""Who may change a trigger may read its address: it is half of what a sender needs, and all of it for type none."""


class WebhookKind:
    """See `TriggerKind`. `previous_seconds`: how long a replaced secret is still accepted."""

    def __init__(self, sealer: Sealer, *, previous_seconds: float) -> None:
        self._sealer = sealer
        self._previous_seconds = previous_seconds

    async def create(self, connection: "Connection", trigger: Trigger, spec: trigger_pb2.WebhookSpec) -> str:
        """The secret, given or made; empty without authentication. Raises WEBHOOK_INVALID."""
        webhook = read_webhook(spec, None)
        secret = self._choose(webhook, spec)
        token = secrets.token_urlsafe(TOKEN_BYTES)
        await hooks.insert_webhook(
            connection,
            trigger.id,
            webhook,
            digest=hashlib.sha256(token.encode()).digest(),
            token=self._sealer.seal(token.encode(), token_of(trigger.id)),
            secret=self._seal(trigger.id, 1, secret),
        )
        return secret

    async def update(
        self,
        connection: "Connection",
        old: Trigger,
        new: Trigger,  # noqa: ARG002 - what webhooks share with schedules needs nothing of theirs
        spec: trigger_pb2.WebhookSpec,
        clear: Sequence[str],
    ) -> Changed:
        """A given secret replaces the present one, which lives on for a while; another type makes a new one.

        Raises WEBHOOK_INVALID.
        """
        before = await hooks.read_webhook(connection, old.id)
        after = read_webhook(spec, before, clear)
        given = spec.auth.secret if spec.HasField("auth") else ""
        if given or after.auth.type is not before.auth.type:
            await self._change(connection, old.id, after.auth.type, self._choose(after, spec))
        if after != before:
            await hooks.update_webhook(connection, old.id, after)
        changes = [
            (name, value, shown(after)[name]) for name, value in shown(before).items() if shown(after)[name] != value
        ]
        replaced = {"secret": "replaced"} if given else {}
        return Changed(
            {name: value for name, value, _ in changes}, {**{name: value for name, _, value in changes}, **replaced}
        )

    async def rotate(self, connection: "Connection", trigger: Trigger) -> str:
        """A new secret; the one before is accepted for a while, the one before that no more. Raises NO_SECRET."""
        webhook = await hooks.read_webhook(connection, trigger.id)
        if webhook.auth.type is AuthType.NONE:
            raise no_secret()
        secret = make_secret(webhook.auth)
        await self._change(connection, trigger.id, webhook.auth.type, secret)
        return secret

    async def describe(self, connection: "Connection", messages: Mapping[str, trigger_pb2.Trigger]) -> None:
        """The address stands in the answer for those alone who may change the trigger."""
        may_see = acting_principal().may(EDIT)
        for row in await hooks.describe(connection, list(messages)):
            trigger_id = str(row["trigger_id"])
            path = PATH + self.token(trigger_id, row["token"]) if may_see else ""
            messages[trigger_id].webhook.CopyFrom(to_spec(row, path))

    def token(self, trigger_id: str, sealed: bytes) -> str:
        """The token in a trigger's address."""
        return self._sealer.open(sealed, token_of(trigger_id)).decode()

    def _choose(self, webhook: Webhook, spec: trigger_pb2.WebhookSpec) -> str:
        if webhook.auth.type is AuthType.NONE:
            return ""
        return check_secret(webhook.auth, spec.auth.secret) if spec.auth.secret else make_secret(webhook.auth)

    async def _change(self, connection: "Connection", trigger_id: str, auth_type: AuthType, secret: str) -> None:
        version = await hooks.next_secret_version(connection, trigger_id)
        sealed = self._seal(trigger_id, version, secret)
        await hooks.change_secret(connection, trigger_id, auth_type, sealed, self._previous_seconds)

    def _seal(self, trigger_id: str, version: int, secret: str) -> bytes | None:
        return self._sealer.seal(secret.encode(), secret_of(trigger_id, version)) if secret else None
