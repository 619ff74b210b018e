"""The two servers behind the services: embedded ones, or those that the settings name."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import asyncpg

from services.kit.postgres import SCHEMAS, migrate
from services.launcher import postgres_server, valkey_server
from services.launcher.child_process import ChildSpec
from services.launcher.database import DATABASE, dsn_of_role, prepare_roles
from services.launcher.errors import ChildFailedError
from services.launcher.home import Home, make_private_folder
from services.launcher.ports import kept_port
from services.launcher.postgres_server import PostgresServer
from services.launcher.secrets import kept_secret
from services.launcher.settings import NO_REDIS, LauncherSettings
from services.launcher.valkey_server import ValkeyServer

POSTGRES: str = "postgres"
VALKEY: str = "valkey"
POSTGRES_DRAIN_SECONDS: float = 30.0


@dataclass(frozen=True)
class Backing:
    """`admin_dsn` may create roles in the Hub's database; `redis_url` may be `none`; `specs` start first."""

    admin_dsn: str
    redis_url: str
    specs: tuple[ChildSpec, ...]
    embedded_postgres: PostgresServer | None


def choose_backing(home: Home, settings: LauncherSettings) -> Backing:
    """Decide what is embedded. Nothing is started."""
    specs: list[ChildSpec] = []
    server: PostgresServer | None = None
    admin_dsn = settings.database_url.get_secret_value()
    if not admin_dsn:
        server = PostgresServer(home.postgres, home.sockets, kept_secret(home.secrets, "postgres"))
        admin_dsn = server.dsn(database=DATABASE)
        specs.append(_postgres_spec(server))
    redis_url = settings.redis_url.get_secret_value()
    if not redis_url:
        valkey = _valkey(home)
        redis_url = valkey.url
        specs.append(_valkey_spec(valkey))
    return Backing(admin_dsn, redis_url, tuple(specs), server)


def has_redis(backing: Backing) -> bool:
    """Whether there is a bell to ring at all."""
    return backing.redis_url != NO_REDIS


@dataclass(frozen=True)
class PreparedDatabase:
    """The address of each service's role, and the names of the migrations that were applied just now."""

    addresses: Mapping[str, str]
    applied: tuple[str, ...]


async def bring_to_this_version(admin_dsn: str, secrets: Path) -> PreparedDatabase:
    """Bring roles and every schema to this version. The roles' passwords are kept in the folder `secrets`.

    Raises:
        MigrationError: the database is newer than this version.
        ChildFailedError: the database cannot be reached or refuses a statement.
    """
    passwords = {service: kept_secret(secrets, f"role-{service}") for service in SCHEMAS}
    try:
        await prepare_roles(admin_dsn, passwords)
        applied = [f"{service}/{name}" for service in SCHEMAS for name in await migrate(admin_dsn, service)]
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise ChildFailedError(f"The database could not be brought to this version: {error}") from error
    return PreparedDatabase(
        addresses={service: dsn_of_role(admin_dsn, service, password) for service, password in passwords.items()},
        applied=tuple(applied),
    )


def _valkey(home: Home) -> ValkeyServer:
    folder = home.root / "valkey"
    make_private_folder(folder)
    return ValkeyServer(folder, kept_port(home.ports, VALKEY), kept_secret(home.secrets, VALKEY))


def _postgres_spec(server: PostgresServer) -> ChildSpec:
    def command() -> tuple[str, ...]:
        server.prepare()
        return server.command()

    return ChildSpec(
        name=POSTGRES,
        command=command,
        ready=partial(server.wait_until_ready, postgres_server.READY_SECONDS),
        ready_seconds=postgres_server.READY_SECONDS,
        stop_signal=postgres_server.STOP_SIGNAL,
        drain_seconds=POSTGRES_DRAIN_SECONDS,
    )


def _valkey_spec(server: ValkeyServer) -> ChildSpec:
    return ChildSpec(
        name=VALKEY,
        command=server.command,
        ready=partial(server.wait_until_ready, valkey_server.READY_SECONDS),
        ready_seconds=valkey_server.READY_SECONDS,
        stop_signal=signal.SIGTERM,
        drain_seconds=5.0,
    )
