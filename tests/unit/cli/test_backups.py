"""Backup, restore and the vault key as they are typed: what is refused, and what is printed."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Ran

Exekra = Callable[..., Ran]
PASSPHRASE = "correct horse battery"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of a Hub that has a vault key and no database."""
    monkeypatch.setattr("services.launcher.backup.vault_key.SCRYPT_N", 2**14)
    monkeypatch.delenv("EXEKRA_DATABASE_URL", raising=False)
    secrets = tmp_path / "home" / "secrets"
    secrets.mkdir(parents=True)
    (secrets / "vault-key").write_text("ab" * 32)
    return secrets.parent


def type_in(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


@pytest.mark.usefixtures("hub")
def test_the_vault_key_goes_from_hub_to_hub(
    exekra: Exekra, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, other = tmp_path / "key", tmp_path / "other"
    type_in(monkeypatch, PASSPHRASE, PASSPHRASE)
    exported = exekra("key", "export", str(file), "--home", str(home), "--json").document
    type_in(monkeypatch, PASSPHRASE)
    assert exekra("key", "import", str(file), "--home", str(other), "--json").document == {
        "imported": exported["keyIds"]
    }
    assert (other / "secrets" / "vault-key").read_text() == "ab" * 32
    type_in(monkeypatch, "another passphrase")
    refused = exekra("key", "import", str(file), "--home", str(other))
    assert (refused.status, "passphrase is another one" in refused.err) == (4, True)


@pytest.mark.usefixtures("hub")
def test_a_passphrase_is_given_twice_without_a_slip(
    exekra: Exekra, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for lines in ((), (PASSPHRASE,), (PASSPHRASE, f"{PASSPHRASE}x")):
        type_in(monkeypatch, *lines)
        assert exekra("key", "export", str(tmp_path / "key"), "--home", str(home)).status == 2
    assert not (tmp_path / "key").exists()


@pytest.mark.usefixtures("hub")
def test_what_is_no_hub_and_no_backup_is_said_so(exekra: Exekra, home: Path, tmp_path: Path) -> None:
    ran = exekra("backup", str(tmp_path / "file"), "--home", str(home))
    assert (ran.status, "There is no Hub in" in ran.err) == (4, True)
    ran = exekra("backup", str(tmp_path / "file"), "--volumes", str(home))
    assert (ran.status, "EXEKRA_DATABASE_URL is missing" in ran.err) == (4, True)
    ran = exekra("restore", str(tmp_path / "file"), "--home", str(home))
    assert (ran.status, "There is no file" in ran.err) == (4, True)
    assert sorted(path.name for path in home.iterdir()) == ["secrets"]
