import asyncio
import json
import ssl
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from runner.agent import identity
from runner.agent.settings import RunnerSettings
from runner.agent.transport import HubRefusedError
from tests.integration.runner.agent import graphs
from tests.integration.runner.agent.hub import PAIRING_TOKEN, ScriptedHub
from tests.integration.runner.agent.processes import FAST


@pytest.fixture
async def gateway(hub: ScriptedHub, tmp_path: Path) -> AsyncIterator[str]:
    """The two addresses of the Hub's https port that pairing needs."""

    async def ca(_request: web.Request) -> web.Response:
        return web.Response(body=hub.ca)

    async def facts(_request: web.Request) -> web.Response:
        port = hub.address.rpartition(":")[2]
        shown = {"runnerAddress": f":{port}", "caSha256": identity.certificate_fingerprint(hub.ca)}
        return web.json_response(shown)

    app = web.Application()
    app.add_routes([web.get("/ca.pem", ca), web.get("/.well-known/exekra", facts)])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    chain = tmp_path / "server.pem"
    chain.write_bytes(hub.server_chain)
    context.load_cert_chain(chain)
    server = web.AppRunner(app)
    await server.setup()
    site = web.TCPSite(server, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    yield f"https://127.0.0.1:{server.addresses[0][1]}"
    await server.cleanup()


@pytest.fixture
def settings(tmp_path: Path) -> RunnerSettings:
    return RunnerSettings(home=tmp_path / "home", answer_seconds=5)


async def test_pairing_stores_an_identity_that_only_its_owner_can_read(
    hub: ScriptedHub, gateway: str, settings: RunnerSettings
) -> None:
    fingerprint = identity.certificate_fingerprint(hub.ca)
    paired = await identity.pair(settings, gateway, PAIRING_TOKEN, fingerprint)
    assert paired.address == hub.address
    assert identity.load(settings) == paired
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in settings.home.iterdir()}
    assert modes == {"ca.pem": 0o600, "identity.json": 0o600}
    assert stat.S_IMODE(settings.home.stat().st_mode) == 0o700


async def test_a_hub_with_another_ca_gets_no_token(gateway: str, settings: RunnerSettings, hub: ScriptedHub) -> None:
    with pytest.raises(identity.IdentityError, match="not the one in the pairing command"):
        await identity.pair(settings, gateway, PAIRING_TOKEN, "sha256:" + "0" * 64)
    assert not settings.home.exists()


async def test_a_used_token_is_refused(hub: ScriptedHub, gateway: str, settings: RunnerSettings) -> None:
    with pytest.raises(HubRefusedError) as refused:
        await identity.pair(settings, gateway, "used", identity.certificate_fingerprint(hub.ca))
    assert refused.value.reason == "PAIRING_TOKEN_INVALID"


async def test_the_runner_port_is_enough_when_the_ca_is_given(hub: ScriptedHub, tmp_path: Path) -> None:
    (tmp_path / "given.pem").write_bytes(hub.ca)
    settings = RunnerSettings(home=tmp_path / "home", ca_file=tmp_path / "given.pem")
    fingerprint = identity.certificate_fingerprint(hub.ca).removeprefix("sha256:").upper()
    paired = await identity.pair(settings, hub.address, PAIRING_TOKEN, fingerprint)
    assert identity.load(RunnerSettings(home=tmp_path / "home")).credentials == paired.credentials


async def test_a_plain_http_address_is_refused(settings: RunnerSettings) -> None:
    with pytest.raises(identity.IdentityError, match="https://"):
        await identity.pair(settings, "http://127.0.0.1:1", "token", "sha256:00")


async def test_without_pairing_the_message_says_what_to_do(settings: RunnerSettings) -> None:
    with pytest.raises(identity.IdentityError, match="exekra-runner pair"):
        identity.load(settings)


async def test_the_commands_pair_run_and_doctor_work_one_after_the_other(
    hub: ScriptedHub, gateway: str, tmp_path: Path
) -> None:
    environment = {"PATH": "/usr/bin:/bin", **FAST, "EXEKRA_RUNNER_HOME": str(tmp_path / "home")}

    async def command(*arguments: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "runner", *arguments, env=environment, stdout=asyncio.subprocess.PIPE
        )

    fingerprint = identity.certificate_fingerprint(hub.ca)
    pairing = await command("pair", gateway, "--token", PAIRING_TOKEN, "--fingerprint", fingerprint)
    output, _ = await pairing.communicate()
    assert pairing.returncode == 0, output

    running = await command("run")
    await hub.finished(await hub.offer(graphs.short()))
    running.terminate()
    await running.communicate()
    assert running.returncode == 0

    checking = await command("doctor", "--json")
    output, _ = await checking.communicate()
    assert checking.returncode == 0, output
    assert {finding["subject"]: finding["ok"] for finding in json.loads(output)}["hub"]
