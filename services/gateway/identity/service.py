"""The identity part as the routes see it, opened and closed in one place."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.gateway.identity.api_keys import ApiKeys
from services.gateway.identity.authenticator import Authenticator
from services.gateway.identity.passwords import Passwords
from services.gateway.identity.repository import INSTALLATION
from services.gateway.identity.sign_in import SessionTimes, SignIn
from services.gateway.identity.users import Users
from services.kit.idempotency import DELETE_OLD
from services.kit.outbox import Outbox

if TYPE_CHECKING:
    from services.kit.postgres import Pool


@dataclass(frozen=True, slots=True)
class Identity:
    """Use cases of identity, and the name of this installation's session cookie."""

    pool: "Pool"
    outbox: Outbox
    users: Users
    sign_in: SignIn
    api_keys: ApiKeys
    authenticator: Authenticator
    cookie: str

    async def clean_up(self) -> None:
        """Removes ended sessions, old failures and old idempotency keys."""
        await self.sign_in.delete_ended()
        await self.pool.execute(DELETE_OLD)


@asynccontextmanager
async def open_identity(pool: "Pool", outbox: Outbox, times: SessionTimes) -> AsyncIterator[Identity]:
    """Raises asyncpg errors when the schema is not there yet."""
    installation = str(await pool.fetchval(INSTALLATION))
    passwords = Passwords()
    authenticator = Authenticator(pool, idle_seconds=times.idle_seconds)
    forget = authenticator.forget_user
    try:
        yield Identity(
            pool=pool,
            outbox=outbox,
            users=Users(pool, passwords, outbox, forget),
            sign_in=SignIn(pool, passwords, outbox, times, forget),
            api_keys=ApiKeys(pool, outbox, forget),
            authenticator=authenticator,
            cookie=f"__Host-exekra-{installation[:8]}",
        )
    finally:
        passwords.close()
