"""The SQL of webhook triggers: what a delivery meets, and what people change."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from services.scheduler.webhooks.model import (
    Algorithm,
    Authentication,
    AuthType,
    Encoding,
    Hook,
    SecretEncoding,
    Webhook,
)

if TYPE_CHECKING:
    from services.kit.postgres import Connection

_WEBHOOK = "w.auth_type, w.auth_options, w.filter, w.allowed_ips, w.rate_limit"
_HOOK = f"""w.trigger_id, w.token_sha256, {_WEBHOOK}, w.secret, w.secret_version,
 CASE WHEN w.previous_until > now() THEN w.previous_secret END AS previous,
 t.name, t.workflow_id, t.enabled, t.breaker <> 'CLOSED' AS paused, t.inputs, t.priority, t.labels, t.dedupe_key,
 t.timeout_seconds, t.queue_timeout_seconds, now() AS now"""
FIND_HOOKS = f"""SELECT {_HOOK} FROM webhook w JOIN trigger t ON t.id = w.trigger_id
 WHERE w.token_sha256 = ANY ($1::bytea[]) AND t.deleted_at IS NULL"""  # noqa: S608 - a constant
GET_HOOK = f"""SELECT {_HOOK} FROM webhook w JOIN trigger t ON t.id = w.trigger_id
 WHERE w.trigger_id = $1 AND t.deleted_at IS NULL"""  # noqa: S608 - a constant
INSERT_WEBHOOK = """INSERT INTO webhook (trigger_id, token_sha256, token, auth_type, auth_options, secret,
 secret_version, filter, allowed_ips, rate_limit) VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9)"""
SELECT_WEBHOOK = f"SELECT {_WEBHOOK} FROM webhook w WHERE w.trigger_id = $1"  # noqa: S608 - a constant
UPDATE_WEBHOOK = """UPDATE webhook SET auth_type = $2, auth_options = $3, filter = $4, allowed_ips = $5, rate_limit = $6
 WHERE trigger_id = $1"""
NEXT_SECRET = "SELECT secret_version + 1 FROM webhook WHERE trigger_id = $1"  # noqa: S105 - SQL
# A secret of another type of authentication is of no use to the present one.
CHANGE_SECRET = """UPDATE webhook SET auth_type = $3, secret = $4, secret_version = secret_version + 1,
  previous_secret = CASE WHEN auth_type = $3 THEN secret END,
  previous_until = CASE WHEN auth_type = $3 AND secret IS NOT NULL THEN now() + make_interval(secs => $2) END
 WHERE trigger_id = $1"""  # noqa: S105 - SQL
LOCK_OLD_KEYS = """SELECT trigger_id, token, secret, secret_version, previous_secret FROM webhook
 WHERE substring(token FROM 2 FOR 8) <> $1 OR substring(secret FROM 2 FOR 8) <> $1
  OR substring(previous_secret FROM 2 FOR 8) <> $1
 LIMIT $2 FOR UPDATE SKIP LOCKED"""
REWRAP = "UPDATE webhook SET token = $2, secret = $3, previous_secret = $4 WHERE trigger_id = $1"
DESCRIBE = f"""SELECT w.trigger_id, w.token, {_WEBHOOK}, w.secret IS NOT NULL AS has_secret,
 CASE WHEN w.previous_until > now() THEN w.previous_until END AS previous_until,
 (SELECT count(*) FROM delivery d WHERE d.trigger_id = w.trigger_id AND d.outcome = 'HELD') AS held,
 (SELECT d.received_at FROM delivery d WHERE d.trigger_id = w.trigger_id ORDER BY d.id DESC LIMIT 1) AS last_at
 FROM webhook w WHERE w.trigger_id = ANY ($1::uuid[])"""  # noqa: S608 - a constant


async def find_hooks(connection: "Connection", digests: Sequence[bytes]) -> dict[bytes, Hook]:
    """By SHA-256 of the token."""
    return {row["token_sha256"]: _hook(row) for row in await connection.fetch(FIND_HOOKS, digests)}


async def get_hook(connection: "Connection", trigger_id: str) -> Hook | None:
    """None for an unknown, deleted or other trigger."""
    row = await connection.fetchrow(GET_HOOK, trigger_id)
    return _hook(row) if row else None


async def insert_webhook(
    connection: "Connection", trigger_id: str, webhook: Webhook, *, digest: bytes, token: bytes, secret: bytes | None
) -> None:
    """Token and secret come sealed, the secret as version 1."""
    await connection.execute(
        INSERT_WEBHOOK,
        trigger_id,
        digest,
        token,
        webhook.auth.type,
        _options(webhook.auth),
        secret,
        webhook.filter,
        webhook.allowed_ips,
        webhook.rate_limit,
    )


async def read_webhook(connection: "Connection", trigger_id: str) -> Webhook:
    """The details of a locked webhook trigger."""
    return webhook_of(await connection.fetchrow(SELECT_WEBHOOK, trigger_id))


async def update_webhook(connection: "Connection", trigger_id: str, webhook: Webhook) -> None:
    """Everything but the secret; another type needs `change_secret` before."""
    await connection.execute(
        UPDATE_WEBHOOK,
        trigger_id,
        webhook.auth.type,
        _options(webhook.auth),
        webhook.filter,
        webhook.allowed_ips,
        webhook.rate_limit,
    )


async def next_secret_version(connection: "Connection", trigger_id: str) -> int:
    """What the next secret is to be sealed under."""
    version: int = await connection.fetchval(NEXT_SECRET, trigger_id)
    return version


async def change_secret(
    connection: "Connection", trigger_id: str, auth_type: AuthType, secret: bytes | None, previous_seconds: float
) -> None:
    """The one before is accepted for so long, if it is of the same type."""
    await connection.execute(CHANGE_SECRET, trigger_id, previous_seconds, auth_type, secret)


async def lock_old_keys(connection: "Connection", key_id: bytes, limit: int) -> list[Any]:
    """Rows with `trigger_id, token, secret, secret_version, previous_secret` that are sealed under another key."""
    return list(await connection.fetch(LOCK_OLD_KEYS, key_id, limit))


async def rewrap(
    connection: "Connection", trigger_id: str, *, token: bytes, secret: bytes | None, previous: bytes | None
) -> None:
    """The same values under another key."""
    await connection.execute(REWRAP, trigger_id, token, secret, previous)


async def describe(connection: "Connection", trigger_ids: Sequence[str]) -> list[Any]:
    """Rows with `trigger_id, token, previous_until, held, last_at` and what `webhook_of` reads."""
    return list(await connection.fetch(DESCRIBE, trigger_ids))


def webhook_of(row: Any) -> Webhook:
    """The webhook in a row."""
    options: Mapping[str, str] = json.loads(row["auth_options"])
    return Webhook(
        auth=Authentication(
            type=AuthType(row["auth_type"]),
            username=options.get("username", ""),
            header=options.get("header", ""),
            algorithm=Algorithm(options.get("algorithm", Algorithm.SHA256)),
            encoding=Encoding(options.get("encoding", Encoding.HEX)),
            prefix=options.get("prefix", ""),
            secret_encoding=SecretEncoding(options.get("secret_encoding", SecretEncoding.TEXT)),
        ),
        filter=row["filter"],
        allowed_ips=tuple(row["allowed_ips"]),
        rate_limit=row["rate_limit"],
    )


def _options(auth: Authentication) -> str:
    defaults = asdict(Authentication())
    return json.dumps(
        {name: value for name, value in asdict(auth).items() if name != "type" and value != defaults[name]}
    )


def _hook(row: Any) -> Hook:
    return Hook(
        trigger_id=str(row["trigger_id"]),
        name=row["name"],
        workflow_id=str(row["workflow_id"]),
        enabled=row["enabled"],
        paused=row["paused"],
        inputs=row["inputs"],
        priority=row["priority"],
        labels=row["labels"],
        dedupe_key=row["dedupe_key"] or "",
        timeout_seconds=row["timeout_seconds"],
        queue_timeout_seconds=row["queue_timeout_seconds"],
        webhook=webhook_of(row),
        secret=row["secret"],
        secret_version=row["secret_version"],
        previous=row["previous"],
        now=row["now"],
    )
