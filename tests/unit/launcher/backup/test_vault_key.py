"""The vault key goes out under a passphrase and comes back; nothing else opens it."""

import json
from pathlib import Path

import pytest

from services.kit.sealing import Binding, Sealer
from services.launcher.backup import vault_key
from services.launcher.backup.errors import ArchiveError, BackupRefusedError
from services.launcher.backup.vault_key import export_key, import_key, open_key

PASSPHRASE = "correct horse battery"
OLD, NEW, OTHER = "11" * 32, "22" * 32, "33" * 32


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The least that a file may ask for: a tenth of the time."""
    monkeypatch.setattr(vault_key, "SCRYPT_N", 2**14)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "secrets" / "vault-key"
    path.parent.mkdir()
    path.write_text(f"{NEW}\n{OLD}\n")
    return path


def test_all_keys_of_a_hub_open_with_the_passphrase_alone(key: Path, tmp_path: Path) -> None:
    file = tmp_path / "key"
    assert len(export_key(key, file, PASSPHRASE)) == 2
    assert file.stat().st_mode & 0o777 == 0o600
    assert open_key(file, PASSPHRASE) == [NEW, OLD]
    assert NEW not in file.read_text()
    with pytest.raises(ArchiveError, match="passphrase"):
        open_key(file, f"{PASSPHRASE}!")


def test_a_changed_parameter_or_a_foreign_file_is_refused(key: Path, tmp_path: Path) -> None:
    file = tmp_path / "key"
    export_key(key, file, PASSPHRASE)
    document = json.loads(file.read_text())
    for name, value in (("p", 2), ("salt", "00" * 16), ("nonce", "00" * 12), ("keyIds", ["00"]), ("sealed", "00" * 40)):
        file.write_text(json.dumps(document | {name: value}))
        with pytest.raises(ArchiveError, match="passphrase"):
            open_key(file, PASSPHRASE)
    for content in (json.dumps(document | {"n": 2**30}), "{}", "", "x" * 100_000):
        file.write_text(content)
        with pytest.raises(ArchiveError, match="no exported vault key"):
            open_key(file, PASSPHRASE)
    with pytest.raises(ArchiveError, match="cannot be read"):
        open_key(tmp_path / "none", PASSPHRASE)


def test_imported_keys_open_old_secrets_and_the_hubs_own_stays_in_use(key: Path, tmp_path: Path) -> None:
    file, theirs = tmp_path / "key", tmp_path / "other" / "vault-key"
    export_key(key, file, PASSPHRASE)
    assert len(import_key(theirs, file, PASSPHRASE)) == 2
    assert theirs.read_text().split() == [NEW, OLD]
    theirs.write_text(OTHER)
    assert len(import_key(theirs, file, PASSPHRASE)) == 2
    assert import_key(theirs, file, PASSPHRASE) == ()
    assert theirs.read_text().split() == [OTHER, NEW, OLD]
    binding = Binding("x", "1", 1)
    sealed = Sealer.parse(key.read_text()).seal(b"secret", binding)
    assert Sealer.parse(theirs.read_text()).open(sealed, binding) == b"secret"


def test_without_a_key_a_good_passphrase_or_a_free_name_nothing_is_written(key: Path, tmp_path: Path) -> None:
    file = tmp_path / "key"
    with pytest.raises(BackupRefusedError, match="at least 12"):
        export_key(key, file, "short")
    with pytest.raises(BackupRefusedError, match="no vault key"):
        export_key(tmp_path / "none", file, PASSPHRASE)
    assert not file.exists()
    file.write_text("mine")
    with pytest.raises(BackupRefusedError, match="--force"):
        export_key(key, file, PASSPHRASE)
    assert file.read_text() == "mine"
