"""Which secrets of webhooks lie under an older vault key; the loop over them is the kit's."""

from typing import TYPE_CHECKING

from services.kit.sealing import Binding, Sealer
from services.scheduler.webhooks.bindings import secret_of, token_of
from services.scheduler.webhooks.repository import hooks

if TYPE_CHECKING:
    from services.kit.postgres import Connection


async def rewrap_webhooks(connection: "Connection", sealer: Sealer, limit: int) -> int:
    """For `Rewrapping`. Raises SealingError for a key that is not in the file."""
    found = await hooks.lock_old_keys(connection, sealer.current, limit)
    for row in found:
        trigger_id, version = str(row["trigger_id"]), row["secret_version"]
        await hooks.rewrap(
            connection,
            trigger_id,
            token=sealer.rewrap(row["token"], token_of(trigger_id)),
            secret=_rewrapped(sealer, row["secret"], secret_of(trigger_id, version)),
            previous=_rewrapped(sealer, row["previous_secret"], secret_of(trigger_id, version - 1)),
        )
    return len(found)


def _rewrapped(sealer: Sealer, envelope: bytes | None, binding: Binding) -> bytes | None:
    return None if envelope is None else sealer.rewrap(envelope, binding)
