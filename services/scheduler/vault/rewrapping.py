"""Brings credentials under the vault key in use, so that an older key can be taken out of its file.

A key rotates by adding the new one as the first line and restarting; this loop does the rest, nothing is opened.
"""

from typing import TYPE_CHECKING

from services.kit.sealing import Sealer
from services.scheduler.vault import repository
from services.scheduler.vault.library import binding_of

if TYPE_CHECKING:
    from services.kit.postgres import Pool

AT_ONCE = 100


class CredentialRewrapping:
    """`run_once` is one turn of a loop; any number of processes may run it."""

    def __init__(self, pool: "Pool", sealer: Sealer) -> None:
        self._pool = pool
        self._sealer = sealer

    async def run_once(self) -> None:
        """Raises SealingError while a value is under a key that is not in the file: put it back."""
        rows = AT_ONCE
        while rows == AT_ONCE:
            async with self._pool.acquire() as connection, connection.transaction():
                found = await repository.lock_old_keys(connection, self._sealer.current, AT_ONCE)
                for credential_id, version, envelope in found:
                    rewrapped = self._sealer.rewrap(envelope, binding_of(credential_id, version))
                    await repository.rewrap(connection, credential_id, rewrapped)
            rows = len(found)
