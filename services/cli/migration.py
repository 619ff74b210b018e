"""Bringing a database to this version. Apart from its command, because nothing else of the CLI needs a database."""

import asyncpg

from services.cli.errors import REFUSED, CliError
from services.kit.postgres import SCHEMAS, MigrationError, migrate


async def migrate_all(dsn: str) -> dict[str, list[str]]:
    """Names of the migrations applied, by service. Raises CliError."""
    try:
        return {service: await migrate(dsn, service) for service in SCHEMAS}
    except MigrationError as error:
        raise CliError(str(error), REFUSED) from None
    except (OSError, asyncpg.PostgresError, ValueError) as error:
        raise CliError(f"The database cannot be migrated: {error}") from None
