"""A private MariaDB on loopback in a folder that is thrown away, where the program is installed."""

import asyncio
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiomysql

from services.launcher.ports import free_port
from tests.conftest import running
from tests.eventually import eventually

READY_SECONDS = 60
PROGRAM = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin")
INSTALLER = shutil.which("mariadb-install-db")


@dataclass(frozen=True)
class MariaDb:
    """A running server with one user, who may do everything."""

    port: int
    username: str
    password: str

    def config(self, database: str) -> dict:
        """The connection of a node."""
        return {
            "type": "mysql",
            "host": "127.0.0.1",
            "port": self.port,
            "database": database,
            "username": self.username,
            "password": self.password,
            "tls": "off",
        }

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[aiomysql.Connection]:
        """A conversation of that user outside of any node."""
        connection = await aiomysql.connect(
            host="127.0.0.1", port=self.port, user=self.username, password=self.password, autocommit=True
        )
        try:
            yield connection
        finally:
            connection.close()

    async def run(self, *statements: str) -> None:
        """In such a conversation."""
        async with self.opened() as connection:
            cursor = await connection.cursor()
            for statement in statements:
                await cursor.execute(statement)


@asynccontextmanager
async def running_mariadb(folder: Path) -> AsyncIterator[MariaDb]:
    """Without durability, and without the accounts of the machine."""
    assert PROGRAM
    assert INSTALLER
    data, log = folder / "data", folder / "log"
    account = ["--user=root"] if os.geteuid() == 0 else []
    common = ["--no-defaults", f"--datadir={data}"]
    install = [INSTALLER, *common, "--auth-root-authentication-method=normal", "--skip-test-db", *account]
    made = await asyncio.to_thread(subprocess.run, install, check=False, capture_output=True, text=True)
    assert made.returncode == 0, made.stdout + made.stderr
    server = MariaDb(free_port(), "tester", secrets.token_urlsafe(12))
    begin = folder / "begin.sql"
    begin.write_text(
        f"CREATE USER {server.username}@'127.0.0.1' IDENTIFIED BY '{server.password}';\n"
        f"GRANT ALL ON *.* TO {server.username}@'127.0.0.1' WITH GRANT OPTION;\n"
    )
    quick = ["--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0", "--innodb-buffer-pool-size=8M"]
    quick += ["--skip-log-bin", "--skip-name-resolve", "--performance-schema=off", "--bind-address=127.0.0.1"]
    places = [f"--port={server.port}", f"--socket={folder / 'socket'}", f"--pid-file={folder / 'pid'}"]
    command = [PROGRAM, *common, *account, *quick, *places, f"--init-file={begin}"]
    with running(tuple(command), log, signal.SIGKILL) as process:
        await _ready(server, process, log)
        yield server


async def _ready(server: MariaDb, process: subprocess.Popen, log: Path) -> None:
    async def answers() -> bool:
        assert process.poll() is None, await asyncio.to_thread(log.read_text)
        try:
            await server.run("SELECT 1")
        except (OSError, aiomysql.Error):
            return False
        return True

    await eventually(answers, seconds=READY_SECONDS)
