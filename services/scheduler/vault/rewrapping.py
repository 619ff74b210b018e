"""Which credentials lie under an older vault key; the loop over them is the kit's."""

from typing import TYPE_CHECKING

from services.kit.sealing import Sealer
from services.scheduler.vault import repository
from services.scheduler.vault.library import binding_of

if TYPE_CHECKING:
    from services.kit.postgres import Connection


async def rewrap_credentials(connection: "Connection", sealer: Sealer, limit: int) -> int:
    """For `Rewrapping`. Raises SealingError for a key that is not in the file."""
    found = await repository.lock_old_keys(connection, sealer.current, limit)
    for credential_id, version, envelope in found:
        rewrapped = sealer.rewrap(envelope, binding_of(credential_id, version))
        await repository.rewrap(connection, credential_id, rewrapped)
    return len(found)
