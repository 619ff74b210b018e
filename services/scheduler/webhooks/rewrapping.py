"""Brings webhooks' secrets under the vault key in use, so that an older key can be taken out of its file.

A key rotates by adding the new one as the first line and restarting; this loop does the rest, nothing is opened.
"""

from typing import TYPE_CHECKING

from services.kit.sealing import Binding, Sealer
from services.scheduler.webhooks.bindings import secret_of, token_of
from services.scheduler.webhooks.repository import hooks

if TYPE_CHECKING:
    from services.kit.postgres import Pool

AT_ONCE = 100


class Rewrapping:
    """`run_once` is one turn of a loop; any number of processes may run it."""

    def __init__(self, pool: "Pool", sealer: Sealer) -> None:
        self._pool = pool
        self._sealer = sealer

    async def run_once(self) -> None:
        """Raises SealingError while a value is under a key that is not in the file: put it back."""
        rows = AT_ONCE
        while rows == AT_ONCE:
            async with self._pool.acquire() as connection, connection.transaction():
                found = await hooks.lock_old_keys(connection, self._sealer.current, AT_ONCE)
                for row in found:
                    trigger_id, version = str(row["trigger_id"]), row["secret_version"]
                    await hooks.rewrap(
                        connection,
                        trigger_id,
                        token=self._sealer.rewrap(row["token"], token_of(trigger_id)),
                        secret=self._rewrapped(row["secret"], secret_of(trigger_id, version)),
                        previous=self._rewrapped(row["previous_secret"], secret_of(trigger_id, version - 1)),
                    )
            rows = len(found)

    def _rewrapped(self, envelope: bytes | None, binding: Binding) -> bytes | None:
        return None if envelope is None else self._sealer.rewrap(envelope, binding)
