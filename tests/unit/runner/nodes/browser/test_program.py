"""Which browser is found, what a runner attests, and what it says when there is none."""

import importlib.util
from pathlib import Path

import pytest

from runner.agent import machine
from runner.nodes.browser import program


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on the PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(program.SETTING, raising=False)
    monkeypatch.setattr(program, "_usual_places", lambda: iter(()))
    return tmp_path


def install(path: Path) -> Path:
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_chromium_is_preferred_to_other_browsers(folder: Path):
    install(folder / "google-chrome")
    chromium = install(folder / "chromium")
    assert program.find_program() == chromium
    assert program.missing() is None
    assert "browser" in machine.capabilities()


def test_the_setting_decides_and_must_name_a_program(folder: Path, monkeypatch: pytest.MonkeyPatch):
    install(folder / "chromium")
    own = install(folder / "own-browser")
    monkeypatch.setenv(program.SETTING, str(own))
    assert program.find_program() == own
    own.chmod(0o644)
    assert program.find_program() is None
    assert "names" in str(program.missing())


@pytest.mark.parametrize(
    ("system", "command"),
    [
        ("Linux", "sudo apt-get install chromium"),
        ("Darwin", "brew install --cask chromium"),
        ("Windows", "winget install Google.Chrome"),
    ],
)
def test_a_missing_browser_is_named_with_the_command_that_installs_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, system: str, command: str
):
    assert list(folder.iterdir()) == []
    monkeypatch.setattr(program.platform, "system", lambda: system)
    assert command in str(program.missing())
    assert "browser" not in machine.capabilities()


def test_without_the_library_there_is_no_capability(folder: Path, monkeypatch: pytest.MonkeyPatch):
    install(folder / "chromium")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "pip install 'exekra-hub[browser]'" in str(program.missing())
    assert "browser" not in machine.capabilities()


@pytest.mark.parametrize(("user", "setting", "sandboxed"), [(0, "", False), (1000, "", True), (1000, "False", False)])
def test_the_sandbox_is_used_unless_it_cannot_be(
    monkeypatch: pytest.MonkeyPatch, user: int, setting: str, sandboxed: bool
):
    monkeypatch.setattr(program.os, "geteuid", lambda: user)
    monkeypatch.setenv(program.SANDBOX_SETTING, setting)
    assert program.sandboxed() is sandboxed
