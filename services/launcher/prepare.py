"""`python -m services.launcher.prepare --folder FOLDER`: what must be there before services start as containers.

It makes the public certificate, a certificate per service for the calls between them, a role and a schema per service
in the database of EXEKRA_DATABASE_URL (whose user may create roles), applies all migrations, and ends. A repeat renews
what nears its end. `authority/` keeps the authorities' keys, the roles' passwords, the vault key and the installation
key. Every other folder is for one container and holds what that one needs alone:

    <service>/internal/{ca,<service>}.pem, <service>.key    for calls between services
    <service>/database                                      the address of its role
    gateway/public/, registry/public/                       the public certificate, its key, the authority's certificate
    scheduler/vault-key                                     what secrets in the database are sealed with
    license/installation-key                                what the installed licence is sealed with
    gateway/admin-password, scheduler/redis                 EXEKRA_ADMIN_PASSWORD and EXEKRA_REDIS_URL, when given
    runner/ca.pem                                           the authority that runners trust
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
from services.launcher.home import make_private_folder, write_private_file
from services.launcher.secrets import kept_key, write_secret
from services.launcher.settings import LauncherSettings
from services.launcher.up import EXIT_FAILED, EXIT_OK, EXIT_REFUSED

EXIT_USAGE: Final = 2
# They listen for the world outside. From inside, compose and Kubernetes reach them under these names.
PUBLIC_SERVICES: Final = ("gateway", "registry")


def prepare(folder: Path, settings: LauncherSettings, console: Console) -> None:
    """Make or renew everything and hand it out; blocks until the database is at this version.

    Raises:
        LaunchRefusedError: no database is named.
        MigrationError: the database is newer than this version.
        ChildFailedError: the database cannot be reached or refuses a statement.
    """
    dsn = settings.database_url.get_secret_value()
    if not dsn:
        raise LaunchRefusedError("EXEKRA_DATABASE_URL is missing: name a database and a user who may create roles.")
    authority = folder / "authority"
    public, internal, passwords = authority / "public", authority / "internal", authority / "passwords"
    for part in (folder, authority, public, internal, passwords):
        make_private_folder(part)
    _hand_out_certificates(folder, public, internal, settings.further_hosts)
    prepared = asyncio.run(bring_to_this_version(dsn, passwords))
    for service, address in prepared.addresses.items():
        write_secret(folder / service, "database", address)
    write_secret(folder / "scheduler", "vault-key", kept_key(authority, "vault-key"))
    write_secret(folder / "license", "installation-key", kept_key(authority, "installation-key"))
    if password := settings.admin_password.get_secret_value():
        write_secret(folder / "gateway", "admin-password", password)
    if redis_url := settings.redis_url.get_secret_value():
        write_secret(folder / "scheduler", "redis", redis_url)
    console.progress(f"prepared {folder}; {len(prepared.applied)} migrations applied")


def _hand_out_certificates(folder: Path, public: Path, internal: Path, further_hosts: tuple[str, ...]) -> None:
    """Each container gets copies of its own certificate and key; the authorities' keys stay where they are."""
    ensure_tls(public, (*PUBLIC_SERVICES, *further_hosts))
    for service in SCHEMAS:
        ensure_leaf(internal, service, Leaf(service, (service, *LOCAL_NAMES), of_client=True))
        _copy(internal, folder / service / "internal", "ca.pem", f"{service}.pem", f"{service}.key")
    for service in PUBLIC_SERVICES:
        _copy(public, folder / service / "public", "ca.pem", "server.pem", "server.key")
    _copy(public, folder / "runner", "ca.pem")


def _copy(source: Path, target: Path, *names: str) -> None:
    make_private_folder(target.parent)
    make_private_folder(target)
    for name in names:
        write_private_file(target / name, (source / name).read_bytes())


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
