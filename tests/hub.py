"""A whole Hub for a test: the launcher's own block in a temporary folder, on free ports, with a runner beside it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from pydantic import SecretStr

from services.launcher.console import Console
from services.launcher.hub import RunningHub, running_hub
from services.launcher.ports import free_port
from services.launcher.settings import LauncherSettings
from tests.rest import Api, eventually, signed_in

EMAIL = "ada@example.com"
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class HubUnderTest:
    """The running Hub, an Api of its administrator, and the database as its superuser sees it."""

    running: RunningHub
    api: Api
    admin_dsn: str

    def pid(self, process: str) -> int:
        """Of the named process ("scheduler", "runner", "postgres", …) as it runs now."""
        return self.running.supervisor.processes()[process]

    async def living(self, process: str) -> int:
        """The same, once it runs (again)."""

        async def look() -> int | None:
            return self.running.supervisor.processes().get(process)

        pid: int = await eventually(look, what=f"{process} runs")
        return pid

    async def query(self, statement: str) -> list[asyncpg.Record]:
        """Rows of a statement run by the superuser."""
        connection = await asyncpg.connect(self.admin_dsn)
        try:
            return list(await connection.fetch(statement))
        finally:
            await connection.close()


@asynccontextmanager
async def hub_under_test(folder: Path, *, slots: int = 1, redis_url: str = "") -> AsyncIterator[HubUnderTest]:
    """Start it, wait until its runner is ONLINE with so many slots, and stop it at the end."""
    settings = LauncherSettings(
        home=folder / "home",
        https_port=free_port(),
        runner_port=free_port(),
        https_host="127.0.0.1",
        redis_url=SecretStr(redis_url),
        admin_email=EMAIL,
        admin_password=SecretStr(PASSWORD),
        log_format="json",
    )
    async with (
        running_hub(settings, Console(settings.log_format)) as running,
        signed_in(running.url, running.authority, EMAIL, PASSWORD) as api,
    ):
        if slots != 1:
            await api.call("PATCH", f"/runners/{running.runner_id}", {"slots": slots})

        async def is_online() -> bool:
            runner = (await api.call("GET", f"/runners/{running.runner_id}"))["runner"]
            return bool(runner["state"] == "ONLINE" and runner["slots"] == slots)

        await eventually(is_online, what="the runner is ONLINE")
        yield HubUnderTest(running, api, running.admin_dsn)
