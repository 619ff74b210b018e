"""The Hub that is backed up or restored: which database, which places, and a Postgres for it when none runs."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from services.launcher.backing import POSTGRES, choose_backing
from services.launcher.backup.errors import BackupRefusedError
from services.launcher.backup.places import Places, places_of_home, places_of_volumes
from services.launcher.console import Console
from services.launcher.database import create_database
from services.launcher.home import Home, close_sockets, hold_home, holder, make_private_folder, open_home
from services.launcher.processes import stop_leftovers
from services.launcher.settings import LauncherSettings
from services.launcher.supervisor import supervise


@dataclass(frozen=True)
class Source:
    """An open Hub. `dsn` is its administrator's; `passwords` is the folder with those of the services' roles."""

    dsn: str
    places: Places
    passwords: Path
    home: Home | None


@asynccontextmanager
async def open_hub(
    settings: LauncherSettings, volumes: Path | None, console: Console, *, exclusive: bool
) -> AsyncIterator[Source]:
    """The Hub of the settings, or the one of containers whose volumes are mounted in a folder.

    An embedded Postgres that does not run is started for as long as the block lasts. `exclusive`: for a restore; a data
    folder may be new then, and no Hub may run in it.

    Raises:
        BackupRefusedError: there is no Hub, or its database is not named.
        LaunchRefusedError: a Hub runs and must not.
        ChildFailedError: Postgres does not start.
    """
    dsn = settings.database_url.get_secret_value()
    if volumes is not None:
        if not dsn:
            raise BackupRefusedError("EXEKRA_DATABASE_URL is missing: name the database of the Hub in containers.")
        passwords = volumes / "authority" / "passwords"
        yield Source(dsn, places_of_volumes(volumes), passwords, None)
        return
    if not exclusive:
        _require_home(settings.home, embedded=not dsn)
    home = open_home(settings.home)
    places = places_of_home(home.root)
    async with AsyncExitStack() as stack:
        if exclusive or (not dsn and holder(home) is None):
            stack.enter_context(hold_home(home))
            if not dsn:
                await _start_postgres(stack, home, settings, console)
        if not dsn:
            backing = choose_backing(home, settings)
            server = backing.embedded_postgres
            if server is None:
                raise BackupRefusedError("Neither an embedded database nor EXEKRA_DATABASE_URL is there.")
            await server.wait_until_ready()
            await create_database(server.dsn())
            dsn = backing.admin_dsn
        yield Source(dsn, places, home.secrets, home)


def _require_home(folder: Path, *, embedded: bool) -> None:
    if not folder.is_dir() or (embedded and not (folder / "postgres" / "PG_VERSION").exists()):
        raise BackupRefusedError(f"There is no Hub in {folder}: name its data folder with --home or EXEKRA_HOME.")


async def _start_postgres(stack: AsyncExitStack, home: Home, settings: LauncherSettings, console: Console) -> None:
    stop_leftovers(home.processes, (POSTGRES,))
    specs = [spec for spec in choose_backing(home, settings).specs if spec.name == POSTGRES]
    stack.callback(close_sockets, home)
    make_private_folder(home.sockets)
    supervisor = await stack.enter_async_context(supervise(home, console))
    await supervisor.start(*specs)
