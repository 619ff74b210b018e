"""`Idempotency-Key`: the first answer is kept in the change's own transaction and given again for 24 hours.

The service's schema has a table `idempotency_key (principal text, key text, body_sha256 text, response bytea,
created_at timestamptz DEFAULT now(), PRIMARY KEY (principal, key))`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from google.protobuf.message import Message

from services.kit.errors import DomainError, Kind
from services.kit.identity import acting_principal

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

AnswerT = TypeVar("AnswerT", bound=Message)

KEPT = "24 hours"
TRY_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended($1 || E'\\x1f' || $2, 4545))"
SELECT = f"""SELECT body_sha256, response FROM idempotency_key
 WHERE principal = $1 AND key = $2 AND created_at > now() - interval '{KEPT}'"""  # noqa: S608 - a constant
UPSERT = """INSERT INTO idempotency_key (principal, key, body_sha256, response) VALUES ($1, $2, $3, $4)
 ON CONFLICT (principal, key) DO UPDATE SET body_sha256 = excluded.body_sha256,
  response = excluded.response, created_at = now()"""
DELETE_OLD = f"DELETE FROM idempotency_key WHERE created_at < now() - interval '{KEPT}'"  # noqa: S608 - a constant


class KeyedRequest(Protocol):
    """A request message of a change that may be repeated."""

    idempotency_key: str
    body_sha256: str


@dataclass(frozen=True, slots=True)
class RequestKey:
    """An `Idempotency-Key` and the SHA-256 (hex) of the body it came with; no key when empty."""

    key: str = ""
    body_sha256: str = ""
    owner: str = field(default_factory=lambda: acting_principal().reference)
    """Whose key it is: the same key of somebody else is another one."""


def key_of(request: KeyedRequest) -> RequestKey:
    """The key of the call being served."""
    return RequestKey(request.idempotency_key, request.body_sha256)


async def answer_once(
    pool: "Pool",
    key: RequestKey,
    answer_type: type[AnswerT],
    change: "Callable[[Connection], Awaitable[AnswerT]]",
    *,
    keep: Callable[[AnswerT], bytes] = lambda answer: answer.SerializeToString(),
    read: Callable[[bytes], AnswerT] | None = None,
) -> AnswerT:
    """Does the change in one transaction; a repeat under the same key gets the first answer.

    `keep` and `read` are for answers that must not lie in the table as they are. Raises what `recall` raises.
    """
    async with pool.acquire() as connection, connection.transaction():
        kept = await recall(connection, key)
        if kept is not None:
            return (read or answer_type.FromString)(kept)
        answer = await change(connection)
        if key.key:
            await remember(connection, key, keep(answer))
        return answer


async def recall(connection: "Connection", key: RequestKey) -> bytes | None:
    """The kept response of this key, or None: then do the change and `remember` in the same transaction.

    Raises a DomainError: IDEMPOTENCY_KEY_REUSED (422) for another body, IDEMPOTENCY_IN_PROGRESS (409) while the first
    request is still at work.
    """
    if not key.key:
        return None
    if not await connection.fetchval(TRY_LOCK, key.owner, key.key):
        raise DomainError(
            Kind.WRONG_STATE,
            "IDEMPOTENCY_IN_PROGRESS",
            "A request with this Idempotency-Key is being worked on. Send it again in a moment.",
        )
    row = await connection.fetchrow(SELECT, key.owner, key.key)
    if row is None:
        return None
    if row["body_sha256"] != key.body_sha256:
        raise DomainError(
            Kind.INVALID,
            "IDEMPOTENCY_KEY_REUSED",
            "This Idempotency-Key was used for a different request. Make a new key for each request.",
        )
    response: bytes = row["response"]
    return response


async def remember(connection: "Connection", key: RequestKey, response: bytes) -> None:
    """Keeps the response under the key, if there is one."""
    if key.key:
        await connection.execute(UPSERT, key.owner, key.key, key.body_sha256, response)
