"""Use cases of the installation's settings. Read anew each time, so a change holds at once in every replica."""

from typing import TYPE_CHECKING

from services.gateway.installation import repository as sql
from services.gateway.installation.model import InstallationSettings, SettingsChange
from services.kit.errors import DomainError, Kind
from services.kit.outbox import Outbox, Resource

if TYPE_CHECKING:
    from services.kit.postgres import Pool


class Installation:
    """Use cases of the installation's settings."""

    def __init__(self, pool: "Pool", outbox: Outbox) -> None:
        self._pool = pool
        self._outbox = outbox

    async def settings(self) -> InstallationSettings:
        """As they are now."""
        async with self._pool.acquire() as connection:
            return await sql.select_settings(connection)

    async def change(self, change: SettingsChange, if_match: str = "") -> InstallationSettings:
        """What is so already changes nothing and is not recorded. Raises SETTINGS_CHANGED."""
        async with self._pool.acquire() as connection, connection.transaction():
            before = await sql.lock_settings(connection)
            if if_match and if_match != before.etag:
                raise settings_changed()
            name = change.name if "name" in change.fields else before.name
            time_zone = change.time_zone if "time_zone" in change.fields else before.time_zone
            if (name, time_zone) == (before.name, before.time_zone):
                return before
            after = await sql.update_settings(connection, name, time_zone)
            resource = Resource("settings", after.installation_id, after.name or "")
            details = {"before": _facts(before), "after": _facts(after)}
            await self._outbox.record(connection, "settings.changed", resource, details)
            return after


def settings_changed() -> DomainError:
    """Somebody else was quicker."""
    return DomainError(
        Kind.CHANGED,
        "SETTINGS_CHANGED",
        "The settings were changed meanwhile. Load them again, then save your changes.",
    )


def _facts(settings: InstallationSettings) -> dict[str, str | None]:
    return {"installationName": settings.name, "timeZone": settings.time_zone}
