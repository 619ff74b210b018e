"""SQL of the installation's settings, and how the row becomes the model."""

from typing import TYPE_CHECKING

import asyncpg

from services.gateway.installation.model import InstallationSettings

if TYPE_CHECKING:
    from services.kit.postgres import Connection

_COLUMNS = "id, name, time_zone, revision, updated_at"

SELECT_SETTINGS = f"SELECT {_COLUMNS} FROM installation"  # noqa: S608 - constants
LOCK_SETTINGS = f"{SELECT_SETTINGS} FOR UPDATE"
UPDATE_SETTINGS = f"""UPDATE installation SET name = $1, time_zone = $2, revision = revision + 1, updated_at = now()
 RETURNING {_COLUMNS}"""  # noqa: S608 - constants


async def select_settings(connection: "Connection") -> InstallationSettings:
    """As they are committed."""
    return _settings(await connection.fetchrow(SELECT_SETTINGS))


async def lock_settings(connection: "Connection") -> InstallationSettings:
    """The same, and nobody else changes them until the transaction ends."""
    return _settings(await connection.fetchrow(LOCK_SETTINGS))


async def update_settings(connection: "Connection", name: str | None, time_zone: str | None) -> InstallationSettings:
    """The settings as they are now."""
    return _settings(await connection.fetchrow(UPDATE_SETTINGS, name, time_zone))


def _settings(row: "asyncpg.Record | None") -> InstallationSettings:
    assert row is not None  # the first migration put it there
    return InstallationSettings(
        installation_id=str(row["id"]),
        name=row["name"],
        time_zone=row["time_zone"],
        revision=row["revision"],
        updated_at=row["updated_at"],
    )
