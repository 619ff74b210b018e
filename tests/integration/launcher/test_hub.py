"""A whole Hub as a person starts it: `up`, `down`, twice, killed, beside another one, on servers that exist."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from services.launcher.errors import ChildFailedError
from services.launcher.pairing import RestSession
from services.launcher.ports import free_port, is_free
from services.launcher.processes import ProcessIdentity, recorded_processes
from tests.conftest import MakeDatabase
from tests.eventually import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

READY_SECONDS = 60.0
STOP_SECONDS = 60.0
PASSWORD = "a password for tests"


@dataclass
class HubFolder:
    """A data folder with ports of its own, and the environment that names them."""

    root: Path
    further: Mapping[str, str] = field(default_factory=dict)
    https_port: int = field(default_factory=free_port)
    runner_port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.https_port}"

    @property
    def password_file(self) -> Path:
        return self.root / "admin-password"

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("EXEKRA_")}
        own = {"HOME": self.root, "HTTPS_PORT": self.https_port, "RUNNER_PORT": self.runner_port}
        return kept | {f"EXEKRA_{name}": str(value) for name, value in own.items()} | dict(self.further)

    async def launch(self, command: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.launcher", command),
            env=self.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    async def run(self, command: str) -> tuple[int, str]:
        process = await self.launch(command)
        output, _ = await asyncio.wait_for(process.communicate(), STOP_SECONDS)
        assert process.returncode is not None
        return process.returncode, output.decode()

    def log_in(self, password: str, email: str = "admin@localhost") -> RestSession:
        session = RestSession(self.url, self.root / "tls" / "ca.pem")
        session.log_in(email, password)
        return session

    def recorded(self) -> dict[str, ProcessIdentity]:
        """The processes that the launcher knows of and that live."""
        return recorded_processes(self.root / "processes")

    def processes(self) -> list[str]:
        """Command lines of everything that still runs for this folder."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("EXEKRA_HOME") == str(self.root) or str(self.root) in " ".join(
                    process.cmdline()
                ):
                    found.append(" ".join(process.cmdline()))
            except psutil.Error:
                continue
        return found


@dataclass
class UpHub:
    """A Hub that said it is ready, and all it said until then."""

    process: asyncio.subprocess.Process
    said: str


@asynccontextmanager
async def up(folder: HubFolder) -> AsyncIterator[UpHub]:
    """`up` until it is ready; drained by a signal at the end, and gone."""
    process = await folder.launch("up")
    assert process.stdout is not None
    said = []
    rest: asyncio.Task[bytes] | None = None
    try:
        async with asyncio.timeout(READY_SECONDS):
            while "certificate authority" not in "".join(said[-1:]):
                line = (await process.stdout.readline()).decode()
                assert line, f"it ended: {''.join(said)}"
                said.append(line)
        rest = asyncio.create_task(process.stdout.read())
        yield UpHub(process, "".join(said))
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        finally:
            if process.returncode is None:
                process.kill()
            if rest is not None:
                await rest


async def test_up_says_where_it_is_a_second_one_is_refused_and_down_stops_it(tmp_path: Path) -> None:
    folder = HubFolder(tmp_path / "home")
    async with up(folder) as hub:
        assert f"Hub ready at {folder.url}" in hub.said
        shown = re.search(r"password (\S+) \(kept in (.+)\)", hub.said)
        assert shown is not None
        assert Path(shown[2]) == folder.password_file
        assert folder.password_file.read_text().strip() == shown[1]
        assert folder.password_file.stat().st_mode & 0o777 == 0o600
        session = await asyncio.to_thread(folder.log_in, shown[1])
        runners = await asyncio.to_thread(session.call, "GET", "/api/runners")
        assert len(runners["items"]) == 1

        code, words = await folder.run("up")
        assert (code, "already runs in" in words) == (4, True)
        other = HubFolder(tmp_path / "other", https_port=folder.https_port)
        code, words = await other.run("up")
        assert (code, f"Port {folder.https_port} is taken" in words) == (4, True)

        code, words = await folder.run("down")
        assert (code, "stopped" in words) == (0, True)
        assert await asyncio.wait_for(hub.process.wait(), STOP_SECONDS) == 0
    assert folder.processes() == []
    assert is_free(folder.https_port)
    assert is_free(folder.runner_port)
    code, words = await folder.run("down")
    assert (code, "no Hub runs" in words) == (0, True)


async def test_a_killed_supervisor_leaves_nothing_that_stops_the_next_start(tmp_path: Path) -> None:
    folder = HubFolder(tmp_path / "home", {"EXEKRA_ADMIN_PASSWORD": PASSWORD})
    async with up(folder) as hub:
        hub.process.kill()
        await hub.process.wait()
    async with up(folder):
        session = await asyncio.to_thread(folder.log_in, PASSWORD)
        runners = await asyncio.to_thread(session.call, "GET", "/api/runners")
        assert len(runners["items"]) == 1, "the runner of the first start is used again"
    assert folder.processes() == []


async def test_killed_servers_and_services_are_started_again_and_the_hub_goes_on(tmp_path: Path) -> None:
    folder = HubFolder(tmp_path / "home", {"EXEKRA_ADMIN_PASSWORD": PASSWORD})
    async with up(folder):
        before = {name: one.pid for name, one in folder.recorded().items()}
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)

        def all_are_back() -> bool:
            now = folder.recorded()
            return set(now) == set(before) and all(now[name].pid != pid for name, pid in before.items())

        async def somebody_can_log_in() -> bool:
            try:
                await asyncio.to_thread(folder.log_in, PASSWORD)
            except ChildFailedError:
                return False
            return True

        await eventually(all_are_back, READY_SECONDS)
        await eventually(somebody_can_log_in, READY_SECONDS)
    assert folder.processes() == []


async def test_two_hubs_run_side_by_side_and_know_nothing_of_each_other(tmp_path: Path) -> None:
    first = HubFolder(tmp_path / "first", {"EXEKRA_ADMIN_PASSWORD": f"{PASSWORD} 1"})
    second = HubFolder(tmp_path / "second", {"EXEKRA_ADMIN_PASSWORD": f"{PASSWORD} 2"})
    async with up(first), up(second):
        await asyncio.to_thread(first.log_in, f"{PASSWORD} 1")
        await asyncio.to_thread(second.log_in, f"{PASSWORD} 2")
    assert first.processes() + second.processes() == []


async def test_with_servers_that_exist_nothing_is_embedded(
    tmp_path: Path, make_database: MakeDatabase, valkey_url: str
) -> None:
    database = await make_database([])
    further = {
        "EXEKRA_DATABASE_URL": database.admin_dsn,
        "EXEKRA_REDIS_URL": valkey_url,
        "EXEKRA_ADMIN_PASSWORD": PASSWORD,
        "EXEKRA_LOCAL_RUNNER": "false",
    }
    folder = HubFolder(tmp_path / "home", further)
    async with up(folder):
        await asyncio.to_thread(folder.log_in, PASSWORD)
        assert {"postgres", "valkey", "runner"}.isdisjoint(file.stem for file in (folder.root / "processes").iterdir())


async def test_without_redis_neither_valkey_nor_worker_is_started(tmp_path: Path) -> None:
    folder = HubFolder(tmp_path / "home", {"EXEKRA_REDIS_URL": "none", "EXEKRA_LOCAL_RUNNER": "false"})
    async with up(folder):
        running = {file.stem for file in (folder.root / "processes").iterdir()}
    assert running == {"postgres", "gateway", "scheduler", "scheduler-loops", "registry", "license", "audit"}


async def test_a_signal_during_the_start_ends_it_in_good_order(tmp_path: Path) -> None:
    folder = HubFolder(tmp_path / "home")
    process = await folder.launch("up")
    assert process.stdout is not None
    while b"starting audit" not in (line := await asyncio.wait_for(process.stdout.readline(), READY_SECONDS)):
        assert line
    process.send_signal(signal.SIGTERM)
    output, _ = await asyncio.wait_for(process.communicate(), STOP_SECONDS)
    assert process.returncode == 0
    assert "stopped" in output.decode()
    assert folder.processes() == []
