"""`python -m services.launcher.prepare --folder FOLDER`: what must be there before services start as containers.

It makes the public certificate, a certificate per service for the calls between them, a role and a schema per service
in the database of EXEKRA_DATABASE_URL (whose user may create roles), applies all migrations, and ends. A repeat renews
what nears its end. The folder then holds `public/`, `internal/` and `database/<service>`.
"""

import asyncio
import sys
from pathlib import Path
from typing import Final

from services.kit.postgres import SCHEMAS, MigrationError
from services.launcher.authority import LOCAL_NAMES, Leaf, ensure_leaf, ensure_tls
from services.launcher.backing import bring_to_this_version
from services.launcher.console import Console, write_out
from services.launcher.errors import ChildFailedError, LaunchRefusedError
from services.launcher.home import make_private_folder
from services.launcher.secrets import write_secret
from services.launcher.settings import LauncherSettings
from services.launcher.up import EXIT_FAILED, EXIT_OK, EXIT_REFUSED

EXIT_USAGE: Final = 2
# Names under which compose and Kubernetes reach the public ports from inside.
INSIDE_NAMES: Final = ("gateway", "registry")


def prepare(folder: Path, settings: LauncherSettings, console: Console) -> None:
    """Make or renew everything; blocks until the database is at this version.

    Raises:
        LaunchRefusedError: no database is named.
        MigrationError: the database is newer than this version.
        ChildFailedError: the database cannot be reached or refuses a statement.
    """
    dsn = settings.database_url.get_secret_value()
    if not dsn:
        raise LaunchRefusedError("EXEKRA_DATABASE_URL is missing: name a database and a user who may create roles.")
    public, internal, database = folder / "public", folder / "internal", folder / "database"
    for part in (folder, public, internal, database):
        make_private_folder(part)
    ensure_tls(public, (*INSIDE_NAMES, *settings.further_hosts))
    for service in SCHEMAS:
        ensure_leaf(internal, service, Leaf(service, (service, *LOCAL_NAMES), of_client=True))
    prepared = asyncio.run(bring_to_this_version(dsn, database))
    for service, address in prepared.addresses.items():
        write_secret(database, service, address)
    console.progress(f"prepared {folder}; {len(prepared.applied)} migrations applied")


def main(arguments: list[str]) -> int:
    """The exit status: 0 ok, 1 failed, 2 usage, 4 refused."""
    if len(arguments) != 2 or arguments[0] != "--folder":
        write_out((__doc__ or "").strip())
        return EXIT_USAGE
    settings = LauncherSettings()
    console = Console(settings.log_format)
    try:
        prepare(Path(arguments[1]), settings, console)
    except (LaunchRefusedError, MigrationError) as error:
        console.warn(str(error))
        return EXIT_REFUSED
    except ChildFailedError as error:
        console.warn(str(error))
        return EXIT_FAILED
    return EXIT_OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
