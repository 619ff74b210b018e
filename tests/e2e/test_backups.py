"""A Hub at work becomes a file, and the file a Hub: what an administrator does every night, and once in bad luck."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from services.launcher.backup.making import Making
from services.launcher.backup.places import places_of_home
from services.launcher.backup.restoring import Restoring, open_archive
from services.launcher.backup.sources import open_hub
from services.launcher.backup.vault_key import export_key, import_key
from services.launcher.console import Console
from services.launcher.errors import LaunchRefusedError
from services.launcher.hub import running_hub
from services.launcher.ports import free_port
from services.launcher.settings import LauncherSettings
from tests.e2e.integrator import Integrator, node, row, sleeping, unique
from tests.eventually import eventually
from tests.hub import EMAIL, PASSWORD
from tests.rest import Api, signed_in

pytestmark = pytest.mark.asyncio(loop_scope="session")

KEEPING = row(
    node("write", "files.write", {"path": "out.txt", "content": "kept {{ inputs.number }}"}),
    node("keep", "log.artifact", {"path": "out.txt"}),
)


@pytest.mark.timeout(300)
async def test_a_backup_made_under_load_becomes_a_hub_that_works(hub: Integrator, tmp_path: Path) -> None:
    file, key, home = tmp_path / "hub.backup", tmp_path / "key", tmp_path / "home"
    workflow_id = await hub.api.publish(unique("Keep"), KEEPING)
    before = await hub.api.ended((await hub.start(workflow_id, inputs={"number": 1}))["id"])
    hook = await hub.api.call(
        "POST",
        "/triggers",
        {"workflowId": workflow_id, "kind": "webhook", "name": unique("paid"), "auth": {"type": "none"}},
    )
    endpoint = await hub.api.call(
        "POST",
        "/event-endpoints",
        {"name": unique("crm"), "url": "https://crm.example.com/hook", "eventTypes": ["runner.offline"]},
    )
    living = await hub.start(await hub.api.publish(unique("Long"), sleeping(59)))

    async def is_running() -> bool:
        return bool((await hub.api.call("GET", f"/executions/{living['id']}"))["execution"]["status"] == "RUNNING")

    await eventually(is_running, seconds=60)
    load = [asyncio.create_task(_run(hub, workflow_id, number)) for number in range(8)]
    own = LauncherSettings(home=hub.under_test.running.home.root)
    console = Console("json")
    async with open_hub(own, None, console, exclusive=False) as source:
        await Making(source, lambda _: None, lambda _: None).make(file)
    await asyncio.gather(*load)
    await hub.api.call("POST", f"/executions/{living['id']}/stop", {"force": True})
    assert (await hub.api.call("GET", "/audit?action=backup.made"))["items"][0]["resourceName"] == file.name
    with pytest.raises(LaunchRefusedError, match="already runs"):
        async with open_hub(own, None, console, exclusive=True):
            pass

    target = LauncherSettings(home=home)
    async with open_hub(target, None, console, exclusive=True) as source:
        with open_archive(file) as reader:
            restored = await Restoring(source, reader, lambda _: None, lambda _: None).restore()
    assert hook["trigger"]["name"] in {each.name for each in restored.unopened}
    export_key(places_of_home(own.home).vault_key, key, PASSWORD)
    import_key(places_of_home(home).vault_key, key, PASSWORD)

    settings = LauncherSettings(
        home=home,
        https_port=free_port(),
        runner_port=free_port(),
        https_host="127.0.0.1",
        redis_url=SecretStr("none"),
        log_format="json",
    )
    async with (
        running_hub(settings, Console(settings.log_format)) as running,
        signed_in(running.url, running.authority, EMAIL, PASSWORD) as api,
    ):
        assert (await api.call("POST", "/audit/verify"))["valid"]
        assert (await api.call("GET", "/audit?action=backup.restored"))["items"]
        found = (await api.call("GET", f"/executions/{before['id']}"))["execution"]
        assert (found["status"], found["output"]) == ("COMPLETED", before["output"])
        assert await _artifact(api, before["id"]) == "kept 1"
        assert (await api.call("GET", f"/triggers/{hook['trigger']['id']}"))["trigger"]["url"].startswith("http")
        kept = await api.call("GET", f"/event-endpoints/{endpoint['endpoint']['id']}")
        assert kept["endpoint"]["name"] == endpoint["endpoint"]["name"]
        assert (await api.call("GET", "/dispatch"))["dispatch"]["heldBy"] == "restore"

        async def has_ended() -> bool:
            execution = (await api.call("GET", f"/executions/{living['id']}"))["execution"]
            return execution["status"] in ("LOST", "FAILED", "STOPPED")

        await eventually(has_ended, seconds=90)
        await api.call("POST", "/dispatch/release")
        again = await api.call("POST", "/executions", {"workflowId": workflow_id, "inputs": {"number": 2}})
        ended = await api.ended(again["execution"]["id"])
        assert (ended["status"], await _artifact(api, ended["id"])) == ("COMPLETED", "kept 2")


async def _run(hub: Integrator, workflow_id: str, number: int) -> dict[str, Any]:
    return await hub.api.ended((await hub.start(workflow_id, inputs={"number": number}))["id"])


async def _artifact(api: Api, execution_id: str) -> str:
    [artifact] = (await api.call("GET", f"/executions/{execution_id}/artifacts"))["items"]
    return (await api.download(f"/artifacts/{artifact['id']}")).decode()
