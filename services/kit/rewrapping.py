"""Brings sealed values under the vault key in use, so that an older key can be taken out of its file.

A key rotates by adding the new one as the first line and restarting; this loop does the rest, nothing is opened. Where
the values lie and what they are bound to, each owner of values says by a function of its own.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from services.kit.sealing import Sealer

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

AT_ONCE = 100


class Rewrapping:
    """`run_once` is one turn of a loop; any number of processes may run it.

    `rewrap_some` locks at most so many rows with older keys, rewraps them and answers how many there were.
    """

    def __init__(
        self, pool: "Pool", sealer: Sealer, rewrap_some: "Callable[[Connection, Sealer, int], Awaitable[int]]"
    ) -> None:
        self._pool = pool
        self._sealer = sealer
        self._rewrap_some = rewrap_some

    async def run_once(self) -> None:
        """Raises SealingError while a value is under a key that is not in the file: put it back."""
        rows = AT_ONCE
        while rows == AT_ONCE:
            async with self._pool.acquire() as connection, connection.transaction():
                rows = await self._rewrap_some(connection, self._sealer, AT_ONCE)
