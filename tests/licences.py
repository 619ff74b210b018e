"""Licences for tests: signed as `scripts.licences` signs them, with a key that no product knows."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from scripts.licences import public_bytes, sign
from services.kit.ids import new_id
from services.kit.outbox import Outbox
from services.kit.postgres import open_pool
from services.kit.rpc_client import open_channel
from services.kit.sealing import Sealer
from services.license.envelope import instant_text
from services.license.keys import KeyRing
from services.license.library import Library
from tests.conftest import HubDatabase

if TYPE_CHECKING:
    from services.kit.postgres import Pool

SIGNING_KEY = Ed25519PrivateKey.from_private_bytes(b"a key for tests, of 32 bytes now")
PUBLIC_KEY = base64.b64encode(public_bytes(SIGNING_KEY)).decode()
INSTALLATION_KEY = "7c" * 32
NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)


class SetClock:
    """Says what it is told to."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def pass_(self, **span: float) -> None:
        self.at += timedelta(**span)


def terms(at: datetime = NOON, *, days: int | None = 100, **changed: Any) -> dict[str, Any]:
    """What a licence says, issued at that instant."""
    document = {
        "id": new_id(),
        "customer": "Acme",
        "edition": "enterprise",
        "limits": {"runners": 25, "concurrentExecutions": 200},
        "features": ["support"],
        "notBefore": instant_text(at),
        "expires": None if days is None else instant_text(at + timedelta(days=days)),
        "installationId": "*",
        "issuedAt": instant_text(at),
    }
    return {**document, **changed}


def licence(at: datetime = NOON, *, key: Ed25519PrivateKey = SIGNING_KEY, **changed: Any) -> str:
    """The text of a `.lic` file."""
    return sign(terms(at, **changed), key)


@asynccontextmanager
async def open_library(
    database: HubDatabase, clock: SetClock, *, key: str = INSTALLATION_KEY, keys: str = PUBLIC_KEY
) -> AsyncIterator[tuple[Library, "Pool"]]:
    """A license process' library on this database; its audit service is away."""
    async with (
        open_pool(database.dsns["license"], "license", maximum=4) as pool,
        open_channel("unix:/nowhere.sock", caller="license") as audit,
    ):
        yield Library(pool, Sealer.parse(key), KeyRing.parse(keys), Outbox("license", pool, audit), clock), pool
