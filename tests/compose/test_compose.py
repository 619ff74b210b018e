"""docker-compose.yml for real: built, started, used, killed, stopped. The tests build on each other's order alone."""

import asyncio
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.burst import GRAPH, all_ended, submit_burst
from tests.compose.stack import EMAIL, ROOT, Stack, run
from tests.eventually import eventually
from tests.rest import Api, Problem, signed_in

pytestmark = [pytest.mark.compose, pytest.mark.timeout(900)]

SERVICES = ["audit", "license", "scheduler", "registry", "gateway"]
OWN_CODE = [*SERVICES, "scheduler-loops", "scheduler-worker", "runner"]
BURST = 60
BURST_SECONDS = 240
DEMO_SECONDS = 300
PASSPHRASE = "correct horse battery staple\n"
READY_SECONDS = 8
"""As patient as the health check of the container."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("compose"))
    try:
        stack.start()
        in_own_loop(pair(stack))
        yield stack
    finally:
        stack.remove()


def in_own_loop(work: Any) -> None:
    with asyncio.Runner() as runner:
        runner.run(work)


async def pair(stack: Stack) -> None:
    """Register the runner as an administrator does, and wait until it is ONLINE."""
    async with signed_in(stack.url, stack.authority, EMAIL, stack.password) as api:
        registered = await api.call("POST", "/runners", {"name": "Container"})
        await asyncio.to_thread(stack.start_runner, registered["machineKey"], registered["machineSecret"])
        await online(api)


async def online(api: Api) -> None:
    async def look() -> bool:
        (runner,) = await api.every("/runners?")
        return bool(runner["state"] == "ONLINE")

    await eventually(look, 60)


@pytest.fixture
async def api(stack: Stack) -> AsyncIterator[Api]:
    async with signed_in(stack.url, stack.authority, EMAIL, stack.password) as api:
        yield api


def test_the_demo_workflow_runs_on_the_containers(stack: Stack):
    password = stack.folder / "password"
    password.write_text(stack.password)
    person = ["--ca", str(stack.authority), "--email", EMAIL, "--password-file", str(password)]
    shared = ["--files", f"{stack.files}:/files", "--listen", stack.gateway_of("runners")]
    done = subprocess.run(
        [sys.executable, "-m", "scripts.demo", "--url", stack.url, *person, *shared],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=DEMO_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "equal an independent computation" in done.stdout


def test_every_container_is_closed(stack: Stack):
    for service, container in stack.containers().items():
        host = container["HostConfig"]
        assert host["ReadonlyRootfs"], service
        assert host["CapDrop"] == ["ALL"], service
        assert bool(host["CapAdd"]) == (service == "postgres"), service
        assert host["SecurityOpt"] == ["no-new-privileges:true"], service
        assert not host["Privileged"], service
        assert host["RestartPolicy"]["Name"] == ("no" if service == "prepare" else "unless-stopped"), service


def test_nothing_but_an_init_runs_as_root(stack: Stack):
    for service, container in stack.containers().items():
        if not container["State"]["Running"]:
            continue
        processes = [
            line.split(None, 1) for line in run("top", container["Id"], "-eo", "uid,pid,comm").splitlines()[1:]
        ]
        roots = [process for uid, process in processes if uid == "0"]
        assert len(processes) >= 2, service
        # The entry point of PostgreSQL's image begins as root and becomes postgres; what stays is the engine's init.
        assert [process.split()[1] for process in roots] == (["docker-init"] if service == "postgres" else []), service


def test_nothing_is_written_outside_volumes(stack: Stack):
    for service, container in stack.containers().items():
        mounts = {mount["Destination"] for mount in container["Mounts"]} | set(container["HostConfig"]["Tmpfs"])
        mounts |= {"/sbin/docker-init", "/usr/sbin/docker-init"}
        changed = [line.split(None, 1)[1] for line in run("diff", container["Id"]).splitlines()]
        own = [path for path in changed if not any(is_around(path, mount) for mount in mounts)]
        assert own == [], service


def is_around(path: str, mount: str) -> bool:
    """Whether the engine made or touched the path to mount something there (`/var/run` leads to `/run`)."""
    place = mount.replace("/var/run/", "/run/")
    return place == path or place.startswith(f"{path}/")


def test_services_hold_no_secret_in_their_environment(stack: Stack):
    secrets = {name: value for name, value in stack.values.items() if name.endswith(("_PASSWORD", "_SECRET"))}
    assert len(secrets) == 4
    shown = {
        service: {name for name, value in secrets.items() if value in str((found["Config"], found["Args"]))}
        for service, found in stack.containers().items()
    }
    assert {service: names for service, names in shown.items() if names} == {
        "postgres": {"EXEKRA_POSTGRES_PASSWORD"},
        "redis": {"EXEKRA_REDIS_PASSWORD"},
        "prepare": {"EXEKRA_POSTGRES_PASSWORD", "EXEKRA_REDIS_PASSWORD", "EXEKRA_ADMIN_PASSWORD"},
        "runner": {"EXEKRA_MACHINE_SECRET"},
    }


@pytest.mark.parametrize("service", ["audit", "license", "scheduler", "registry"])
def test_services_answer_nobody_without_a_certificate_of_theirs(stack: Stack, service: str):
    script = Path(__file__).with_name("ask_health.py").read_text()

    def ask(shown: str) -> str:
        answer = stack.compose("exec", "-T", "gateway", "python", "-", f"{service}:7001", shown, script=script)
        return answer.strip()

    assert {shown: ask(shown) for shown in ("gateway", "anonymous", "plain")} == {
        "gateway": "SERVING",
        "anonymous": "UNAVAILABLE",
        "plain": "UNAVAILABLE",
    }


def test_a_runner_sees_no_keys_but_the_authority_and_no_host_of_the_hub_but_its_port(stack: Stack):
    assert stack.compose("exec", "-T", "runner", "ls", "-A", "/keys").split() == ["ca.pem"]
    look_up = "import socket, sys\nfor name in sys.argv[1:]:\n  try: print(name, bool(socket.gethostbyname(name)))\n"
    look_up += "  except socket.gaierror: print(name, False)\n"
    hosts = ["registry", "postgres", "redis", "scheduler", "gateway", "audit", "license"]
    found = stack.compose("exec", "-T", "runner", "python", "-", *hosts, script=look_up).splitlines()
    assert found == ["registry True", *(f"{host} False" for host in hosts[1:])]


async def test_a_postgres_that_hangs_makes_the_hub_unready_and_not_for_ever(stack: Stack):
    def readiness() -> int:
        """Status of the answer. Raises TimeoutError when there is none in time."""
        context = ssl.create_default_context(cafile=stack.authority)
        try:
            with urllib.request.urlopen(f"{stack.url}/readyz", timeout=READY_SECONDS, context=context) as response:
                return response.status
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code

    assert await asyncio.to_thread(readiness) == 200
    await asyncio.to_thread(stack.compose, "pause", "postgres")
    try:
        assert await asyncio.to_thread(readiness) == 503
    finally:
        await asyncio.to_thread(stack.compose, "unpause", "postgres")

    async def ready() -> bool:
        return await asyncio.to_thread(readiness) == 200

    await eventually(ready, 60)


async def test_whatever_is_killed_comes_back_and_no_execution_is_lost(stack: Stack, api: Api):
    before = {service: found["RestartCount"] for service, found in stack.containers().items()}
    workflow_id = await api.publish("Survives", GRAPH)
    async with asyncio.TaskGroup() as tasks:
        burst = tasks.create_task(submit_burst(api, workflow_id, BURST))
        for service in [*OWN_CODE, "redis", "postgres"]:
            await asyncio.to_thread(stack.kill_processes, service)
    numbers = {execution: number for number, execution in burst.result().items()}
    ended = await all_ended(api, workflow_id, seconds=BURST_SECONDS)
    assert {execution["id"]: execution["status"] for execution in ended} == dict.fromkeys(numbers, "COMPLETED")
    for execution_id, number in numbers.items():
        execution = (await api.patient("GET", f"/executions/{execution_id}"))["execution"]
        assert execution["output"] == {"doubled": number * 2}

    async def restarted() -> bool:
        found = await asyncio.to_thread(stack.containers)
        return all(
            found[service]["RestartCount"] > before[service]
            and found[service]["State"].get("Health", {"Status": "healthy"})["Status"] == "healthy"
            for service in [*OWN_CODE, "redis", "postgres"]
        )

    await eventually(restarted, 120)


async def test_stop_lets_running_work_end_and_everything_leaves_by_itself(stack: Stack, api: Api):
    graph = {**GRAPH, "nodes": [dict(node) for node in GRAPH["nodes"]]}
    graph["nodes"][1]["config"] = {"seconds": 3}
    workflow_id = await api.publish("Takes a while", graph)
    await online(api)
    body = {"workflowId": workflow_id, "inputs": {"number": 21}}
    execution_id = (await api.patient("POST", "/executions", body))["execution"]["id"]

    async def runs() -> bool:
        found = (await api.patient("GET", f"/executions/{execution_id}"))["execution"]
        return bool(found["status"] == "RUNNING")

    await eventually(runs, 30)
    await asyncio.to_thread(stack.compose, "stop")
    ends = {service: found["State"]["ExitCode"] for service, found in stack.containers().items()}
    assert ends == dict.fromkeys(ends, 0)
    await asyncio.to_thread(stack.up)
    execution = await api.ended(execution_id)
    assert (execution["status"], execution["output"], execution["attempt"]) == ("COMPLETED", {"doubled": 42}, 1)


async def test_a_backup_of_the_running_containers_is_restored_into_empty_ones(
    stack: Stack, api: Api, tmp_path_factory: pytest.TempPathFactory
):
    backups = tmp_path_factory.mktemp("backups")
    backups.chmod(0o777)  # the containers write as an account of their own
    workflow_id = await api.publish("Survives the machine", GRAPH)
    body = {"workflowId": workflow_id, "inputs": {"number": 21}}
    execution_id = (await api.patient("POST", "/executions", body))["execution"]["id"]
    await api.ended(execution_id)
    await api.call("POST", "/credentials", {"name": "shop", "kind": "token", "value": {"token": "hidden"}})
    await asyncio.to_thread(stack.backup, backups, "backup", "/backups/hub.backup")
    await asyncio.to_thread(stack.backup, backups, "key", "export", "/backups/vault-key", script=PASSPHRASE * 2)
    later = (await api.patient("POST", "/executions", body))["execution"]["id"]

    other = Stack(tmp_path_factory.mktemp("other"), image=stack.image)
    try:
        await asyncio.to_thread(other.prepare)
        said = await asyncio.to_thread(other.backup, backups, "restore", "/backups/hub.backup")
        assert "shop" in said, "a secret that the new machine's key does not open must be named"
        await asyncio.to_thread(other.backup, backups, "key", "import", "/backups/vault-key", script=PASSPHRASE)
        await asyncio.to_thread(other.open)
        async with signed_in(other.url, other.authority, EMAIL, stack.password) as restored:
            execution = (await restored.call("GET", f"/executions/{execution_id}"))["execution"]
            assert (execution["status"], execution["output"]) == ("COMPLETED", {"doubled": 42})
            assert (await restored.call("GET", "/dispatch"))["dispatch"]["held"]
            with pytest.raises(Problem) as missing:
                await restored.call("GET", f"/executions/{later}")
            assert missing.value.status == HTTPStatus.NOT_FOUND
            await restored.call("POST", "/dispatch/release")
        theirs, ours = (each.compose("exec", "-T", "scheduler", "cat", "/keys/vault-key") for each in (stack, other))
        assert theirs.split()[0] in ours.split()
    finally:
        await asyncio.to_thread(other.remove)
