"""When the browser UI is built again, and which Node will do."""

from pathlib import Path

import pytest

from scripts import ui


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A UI of one source, built."""
    for name in ui.SOURCES:
        place = tmp_path / name
        if "." in name:
            place.write_text("x")
        else:
            place.mkdir()
    (tmp_path / "src/main.tsx").write_text("1")
    monkeypatch.setattr(ui, "UI", tmp_path)
    monkeypatch.setattr(ui, "DIST", tmp_path / "dist")
    monkeypatch.setattr(ui, "STAMP", tmp_path / "dist/.fingerprint")
    monkeypatch.setattr(ui, "SCHEMA", tmp_path / "src/schema.d.ts")
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist/index.html").write_text("page")
    (tmp_path / "dist/.fingerprint").write_text(ui.fingerprint())
    return tmp_path


def test_unchanged_sources_are_not_built_again(sources: Path) -> None:
    assert ui.is_built()
    (sources / "src/main.test.tsx").write_text("tests are no part of a build")
    (sources / "src/schema.d.ts").write_text("nor are types")
    assert ui.is_built()


@pytest.mark.parametrize("name", ["src/main.tsx", "src/new.ts", "package-lock.json", "index.html"])
def test_a_changed_source_is_built_again(sources: Path, name: str) -> None:
    (sources / name).write_text("changed")
    assert not ui.is_built()


def test_half_a_build_is_none(sources: Path) -> None:
    (sources / "dist/index.html").unlink()
    assert not ui.is_built()


def test_a_program_that_says_no_version_will_not_do(tmp_path: Path) -> None:
    for said, expected in (("v20.20.2", (20, 20)), ("v18.0.0-pre", (18, 0)), ("nonsense", ())):
        program = tmp_path / "node"
        program.write_text(f"#!/bin/sh\necho {said}\n")
        program.chmod(0o755)
        assert ui.version_of(str(program)) == expected


def test_the_lock_file_names_no_registry() -> None:
    assert "resolved" not in (ui.ROOT / "services/gateway/ui/package-lock.json").read_text()
