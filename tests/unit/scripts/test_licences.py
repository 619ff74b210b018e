"""The issuing tool, as whoever sells licences uses it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from scripts.licences import app
from services.license import keys
from services.license.envelope import read_licence
from services.license.keys import KeyRing

ROOT = Path(__file__).parents[3]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments])


@pytest.fixture
def key(tmp_path: Path) -> Path:
    file = tmp_path / "signing.pem"
    made = run("key", str(file))
    assert made.exit_code == 0
    (tmp_path / "public").write_text(made.stdout)
    return file


def issue(key: Path, *more: str) -> Result:
    target = str(key.with_name("acme.lic"))
    limits = ("--runners", "5", "--executions", "50")
    return run("issue", "--key", str(key), "--customer", "Ädä & Co", *limits, "--output", target, *more)


def test_what_is_issued_is_taken_by_a_hub_that_knows_the_key(key: Path) -> None:
    assert issue(key, "--days", "0", "--feature", "support", "--installation", "here").exit_code == 0
    ring = KeyRing.parse(key.with_name("public").read_text())
    terms = read_licence(key.with_name("acme.lic").read_text(), ring).terms
    assert (terms.customer, terms.runners, terms.concurrent_executions) == ("Ädä & Co", 5, 50)
    assert (terms.expires_at, terms.features, terms.installation_id) == (None, ("support",), "here")


def test_a_vendors_own_key_takes_the_place_of_the_built_in_one(key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    issue(key)
    file = key.with_name("acme.lic")
    refused = run("inspect", str(file))
    assert (refused.exit_code, "LICENCE_KEY_UNKNOWN" in refused.output) == (1, True)
    printed, kid = key.with_name("public").read_text().split()
    monkeypatch.setattr(keys, "BUILT_IN", (printed,))
    taken = run("inspect", str(file))
    assert (taken.exit_code, json.loads(taken.stdout)["kid"]) == (0, kid)


def test_a_key_that_follows_another_leaves_its_licences_in_force(
    key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue(key)
    (tmp_path / "later").mkdir()
    later = tmp_path / "later/signing.pem"
    printed = [key.with_name("public").read_text().split()[0], run("key", str(later)).stdout.split()[0]]
    issue(later)
    monkeypatch.setattr(keys, "BUILT_IN", tuple(printed))
    assert [run("inspect", str(file.with_name("acme.lic"))).exit_code for file in (key, later)] == [0, 0]


def test_a_licence_is_inspected_and_a_forged_one_is_not_shown(key: Path) -> None:
    issue(key)
    file, keys = key.with_name("acme.lic"), str(key.with_name("public"))
    shown = run("inspect", str(file), "--keys", keys)
    assert (json.loads(shown.stdout)["customer"], json.loads(shown.stdout)["state"]) == ("Ädä & Co", "valid")
    assert run("inspect", str(file)).exit_code == 1
    file.write_text(file.read_text().replace('"runners": 5', '"runners": 6'))
    forged = run("inspect", str(file), "--keys", keys)
    assert (forged.exit_code, "LICENCE_TAMPERED" in forged.output) == (1, True)


def test_the_private_key_is_its_owners_alone_and_never_overwritten(key: Path) -> None:
    assert key.stat().st_mode & 0o777 == 0o600
    before = key.read_bytes()
    assert run("key", str(key)).exit_code != 0
    assert key.read_bytes() == before


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a checkout")
def test_no_private_key_is_made_inside_a_repository() -> None:
    target = ROOT / "signing.pem"
    assert run("key", str(target)).exit_code != 0
    assert not target.exists()


def test_what_a_hub_would_refuse_is_not_issued(key: Path) -> None:
    assert issue(key, "--edition", "x" * 201).exit_code != 0
    assert not key.with_name("acme.lic").exists()
    assert issue(key.with_name("public")).exit_code != 0
