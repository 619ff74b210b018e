"""`Idempotency-Key` for what the gateway itself creates: change and answer are committed together, or not at all.

Answers may hold a value that is shown once. They are kept sealed with a key derived from the Idempotency-Key, which the
caller alone has; the table keeps only its hash.
"""

import hashlib
import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from aiohttp import web
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import BaseModel

from services.gateway.routes.declaration import Call
from services.kit.idempotency import RequestKey, recall, remember

if TYPE_CHECKING:
    from services.kit.postgres import Connection

NONCE_BYTES = 12
CREATED = 201


async def create_once(call: Call, create: "Callable[[Connection], Awaitable[BaseModel]]") -> web.Response:
    """Answers 201 with what `create` made, or with what it made the first time."""
    key = _request_key(call)
    async with call.gateway.identity.pool.acquire() as connection, connection.transaction():
        kept = await recall(connection, key)
        if kept is not None:
            return _answer(_open(call, kept))
        body = (await create(connection)).model_dump_json(by_alias=True).encode()
        if key.key:
            await remember(connection, key, _seal(call, body))
    return _answer(body)


def _request_key(call: Call) -> RequestKey:
    owner = call.caller.principal.reference
    if not call.idempotency_key:
        return RequestKey(owner=owner)
    return RequestKey(hashlib.sha256(call.idempotency_key.encode()).hexdigest(), call.body_sha256, owner)


def _cipher(call: Call) -> AESGCM:
    salt = call.caller.principal.id.encode()
    derived = HKDF(SHA256(), 32, salt, b"exekra kept answer").derive(call.idempotency_key.encode())
    return AESGCM(derived)


def _seal(call: Call, body: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + _cipher(call).encrypt(nonce, body, call.body_sha256.encode())


def _open(call: Call, kept: bytes) -> bytes:
    return _cipher(call).decrypt(kept[:NONCE_BYTES], kept[NONCE_BYTES:], call.body_sha256.encode())


def _answer(body: bytes) -> web.Response:
    return web.Response(status=CREATED, body=body, content_type="application/json", charset="utf-8")
