"""The doctor, against a Hub on a real socket and a machine that lacks this and that."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from runner.__main__ import app
from runner.agent import doctor
from runner.agent.doctor import Finding
from runner.agent.doctor import here as machine_checks
from runner.agent.settings import RunnerSettings
from runner.desktop import availability
from tests.integration.runner.agent.certificates import make_certificates
from tests.integration.runner.agent.hub import SECRET, ScriptedHub


@pytest.fixture
def options(hub: ScriptedHub, tmp_path: Path) -> dict[str, Any]:
    ca_file = tmp_path / "ca.pem"
    ca_file.write_bytes(hub.ca)
    return {
        "home": tmp_path / "home",
        "address": hub.address,
        "machine_key": "key",
        "machine_secret": SECRET,
        "ca_file": ca_file,
        "min_free_bytes": 0,
        "answer_seconds": 5,
    }


async def examined(options: dict[str, Any], **more: Any) -> dict[str, Finding]:
    findings = await doctor.examine(RunnerSettings.model_validate({**options, **more}))
    return {finding.subject: finding for finding in findings}


async def test_everything_is_looked_at_and_nothing_bad_is_found(options: dict[str, Any]) -> None:
    findings = await examined(options)
    wanted = {"python", "settings", "folder", "disk", "journal", "browser", "desktop", "ocr", "scripts"}
    assert set(findings) >= {*wanted, "identity", "ca", "hub", "clock"}
    assert doctor.exit_code(findings.values()) == 0
    assert "sha256:" in findings["ca"].message
    assert "box, 1 slot" in findings["hub"].message


async def test_what_nobody_paired_is_told_how_to_pair(options: dict[str, Any]) -> None:
    findings = await examined(options, machine_secret="", machine_key="")
    assert not findings["identity"].ok
    assert "exekra-runner pair" in findings["identity"].message
    assert doctor.exit_code(findings.values()) == 1


async def test_a_replaced_secret_is_the_hubs_refusal(options: dict[str, Any]) -> None:
    findings = await examined(options, machine_secret="wrong")
    assert findings["identity"].ok
    assert "CREDENTIALS_INVALID" in findings["hub"].message
    assert doctor.exit_code(findings.values()) == 4


async def test_a_hub_that_is_away_cannot_be_reached(hub: ScriptedHub, options: dict[str, Any]) -> None:
    await hub.stop()
    findings = await examined(options)
    assert "Cannot be reached" in findings["hub"].message
    assert doctor.exit_code(findings.values()) == 5
    await hub.start()


async def test_another_authority_is_told_as_such_and_nothing_is_said_to_it(
    options: dict[str, Any], impostor: str
) -> None:
    findings = await examined(options, address=impostor)
    assert "did not sign" in findings["hub"].message
    assert doctor.exit_code(findings.values()) == 4


async def test_a_clock_that_is_off_is_told_with_its_direction(hub: ScriptedHub, options: dict[str, Any]) -> None:
    hub.clock_ahead = timedelta(minutes=10)
    findings = await examined(options)
    assert findings["clock"].level == "warning"
    assert "s behind the Hub's" in findings["clock"].message
    hub.clock_ahead = timedelta(minutes=-10)
    assert "s ahead of the Hub's" in (await examined(options))["clock"].message


async def test_too_little_disk_is_told_with_what_is_needed(options: dict[str, Any]) -> None:
    findings = await examined(options, min_free_bytes=2**60)
    assert not findings["disk"].ok
    assert "no work is accepted with less" in findings["disk"].message


async def test_a_journal_that_cannot_be_written_is_told(
    options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_descriptor: int) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(machine_checks.os, "fsync", refuse)
    findings = await examined(options)
    assert findings["journal"].message.endswith("cannot be written: Read-only file system.")


async def test_a_folder_that_others_may_read_is_told_with_the_command(options: dict[str, Any]) -> None:
    options["home"].mkdir()
    options["home"].chmod(0o755)
    finding = (await examined(options))["folder"]
    assert (finding.level, finding.fix) == ("warning", f"chmod 700 {options['home']}")


async def test_a_name_that_means_nothing_is_told(options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXEKRA_RUNNER_SLOTZ", "2")
    assert "EXEKRA_RUNNER_SLOTZ" in (await examined(options))["settings"].message


async def test_every_missing_ability_comes_with_what_helps_and_hinders_nothing(
    options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("EXEKRA_RUNNER_BROWSER", raising=False)
    monkeypatch.setattr(availability, "_watch", availability._Watch())
    findings = await examined(options)
    for subject in ("browser", "desktop", "ocr"):
        assert findings[subject].level == "warning"
        assert findings[subject].fix, subject
    assert "EXEKRA_RUNNER_ALLOW_SCRIPTS" in findings["scripts"].message
    assert doctor.exit_code(findings.values()) == 0


async def test_the_command_answers_in_words_and_in_json_and_ends_with_the_code(
    options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in options.items():
        monkeypatch.setenv(f"EXEKRA_RUNNER_{name.upper()}", str(value))
    monkeypatch.setenv("EXEKRA_RUNNER_MACHINE_SECRET", "wrong")
    ran = await asyncio.to_thread(CliRunner().invoke, app, ["doctor"])
    assert ran.exit_code == 4
    assert "BAD hub: Refuses this runner" in ran.output
    assert "wrong" not in ran.output
    ran = await asyncio.to_thread(CliRunner().invoke, app, ["doctor", "--json"])
    assert ran.exit_code == 4
    assert {"subject", "level", "ok", "message", "fix"} == set(json.loads(ran.output)[0])


@pytest.fixture
async def impostor(tmp_path: Path) -> AsyncIterator[str]:
    """Something that listens with a certificate of its own authority; fails the test when it is told anything."""
    _, chain, key = make_certificates()
    file = tmp_path / "impostor.pem"
    file.write_bytes(chain + key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    said: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said.append(await reader.read())
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    assert not any(said)
