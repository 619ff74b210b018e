import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from runner.agent.doctor import Finding
from runner.agent.settings import RunnerSettings
from runner.page.diagnostics import KEPT_MESSAGES, MASK, Diagnostics, Messages

SECRET = "the-machine-secret"
STATE: dict[str, Any] = {
    "runner": {"name": "box"},
    "recent": [
        {"workflow": "Pay", "failure": {"code": "X", "nodeId": "n", "message": "Invoice of Ada"}},
        {"workflow": "Ok", "failure": None},
    ],
}


async def unpacked(diagnostics: Diagnostics) -> dict[str, str]:
    findings = [Finding("hub", "bad", f"Refuses {SECRET}")]
    with zipfile.ZipFile(io.BytesIO(await diagnostics.pack(findings, STATE))) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


async def test_the_zip_has_no_secret_whatever_it_came_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXEKRA_RUNNER_MACHINE_SECRET", SECRET)
    monkeypatch.setenv("EXEKRA_VAULT_PASSWORD", "hunter2")
    monkeypatch.setenv("EXEKRA_RUNNER_SLOTS", "3")
    monkeypatch.setenv("HOME_OF_OTHERS", "not-ours")
    (tmp_path / "identity.json").write_text(SECRET)
    messages = Messages()
    messages(None, "info", {"event": f"authenticated with {SECRET}"})
    settings = RunnerSettings(home=tmp_path)
    files = await unpacked(Diagnostics(settings, messages, (SECRET, "")))
    everything = "\n".join(files.values())
    assert SECRET not in everything
    assert "hunter2" not in everything
    assert "not-ours" not in everything
    assert f"authenticated with {MASK}" in files["messages.jsonl"]
    described = json.loads(files["settings.json"])
    assert described["environment"]["EXEKRA_RUNNER_SLOTS"] == "3"
    assert described["effective"]["slots"] == 3
    assert json.loads(files["folder.json"])["identity.json"] == {"files": 1, "bytes": len(SECRET)}


async def test_of_failures_the_zip_has_codes_and_no_words(tmp_path: Path) -> None:
    files = await unpacked(Diagnostics(RunnerSettings(home=tmp_path), Messages(), ()))
    assert json.loads(files["state.json"])["recent"][0]["failure"] == {"code": "X", "nodeId": "n"}
    assert "Ada" not in "\n".join(files.values())


def test_only_the_last_messages_are_kept_and_passed_on() -> None:
    messages = Messages()
    for number in range(KEPT_MESSAGES + 5):
        event = {"event": number}
        assert messages(None, "info", event) is event
    lines = messages.lines().splitlines()
    assert len(lines) == KEPT_MESSAGES
    assert json.loads(lines[-1]) == {"event": KEPT_MESSAGES + 4}
