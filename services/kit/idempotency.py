"""`Idempotency-Key`: the first answer is kept in the change's own transaction and given again for 24 hours.

The service's schema has a table `idempotency_key (principal text, key text, body_sha256 text, response bytea,
created_at timestamptz DEFAULT now(), PRIMARY KEY (principal, key))`.
"""

from typing import TYPE_CHECKING

from services.kit.errors import DomainError, Kind

if TYPE_CHECKING:
    from services.kit.postgres import Connection

KEPT = "24 hours"
TRY_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended($1 || E'\\x1f' || $2, 4545))"
SELECT = f"""SELECT body_sha256, response FROM idempotency_key
 WHERE principal = $1 AND key = $2 AND created_at > now() - interval '{KEPT}'"""  # noqa: S608 - a constant
UPSERT = """INSERT INTO idempotency_key (principal, key, body_sha256, response) VALUES ($1, $2, $3, $4)
 ON CONFLICT (principal, key) DO UPDATE SET body_sha256 = excluded.body_sha256,
  response = excluded.response, created_at = now()"""
DELETE_OLD = f"DELETE FROM idempotency_key WHERE created_at < now() - interval '{KEPT}'"  # noqa: S608 - a constant


async def recall(connection: "Connection", principal: str, key: str, body_sha256: str) -> bytes | None:
    """The kept response of this key, or None: then do the change and `remember` in the same transaction.

    Raises a DomainError: IDEMPOTENCY_KEY_REUSED (422) for another body, IDEMPOTENCY_IN_PROGRESS (409) while the first
    request is still at work.
    """
    if not await connection.fetchval(TRY_LOCK, principal, key):
        raise DomainError(
            Kind.WRONG_STATE,
            "IDEMPOTENCY_IN_PROGRESS",
            "A request with this Idempotency-Key is being worked on. Send it again in a moment.",
        )
    row = await connection.fetchrow(SELECT, principal, key)
    if row is None:
        return None
    if row["body_sha256"] != body_sha256:
        raise DomainError(
            Kind.INVALID,
            "IDEMPOTENCY_KEY_REUSED",
            "This Idempotency-Key was used for a different request. Make a new key for each request.",
        )
    response: bytes = row["response"]
    return response


async def remember(connection: "Connection", principal: str, key: str, body_sha256: str, response: bytes) -> None:
    """Keeps the serialised response message under the key."""
    await connection.execute(UPSERT, principal, key, body_sha256, response)
