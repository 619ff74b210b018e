"""The key and the copies outside the database."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.audit.checkpoints import COPIES_FILE, KEY_FILE, CheckpointFile
from services.kit.errors import DomainError

AT = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


def test_a_signed_checkpoint_is_genuine_and_a_changed_one_is_not(tmp_path: Path):
    file = CheckpointFile(tmp_path / "audit")
    checkpoint = file.sign(7, AT, b"h" * 32)
    assert file.is_genuine(checkpoint)
    assert not file.is_genuine(replace(checkpoint, seq=6))
    assert not file.is_genuine(replace(checkpoint, hash=b"x" * 32))


def test_copies_are_read_back_as_they_were_appended(tmp_path: Path):
    file = CheckpointFile(tmp_path)
    checkpoints = [file.sign(seq, AT, b"h" * 32) for seq in (1, 2)]
    for checkpoint in checkpoints:
        file.append(checkpoint)
    assert CheckpointFile(tmp_path).read() == checkpoints


def test_the_key_survives_a_restart_and_only_its_owner_may_read_it(tmp_path: Path):
    first, second = CheckpointFile(tmp_path), CheckpointFile(tmp_path)
    first.append(first.sign(1, AT, b"h" * 32))
    assert first.key_id == second.key_id
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in (KEY_FILE, COPIES_FILE)} == {0o600}


def test_a_torn_last_line_does_not_count(tmp_path: Path):
    file = CheckpointFile(tmp_path)
    file.append(file.sign(1, AT, b"h" * 32))
    with (tmp_path / COPIES_FILE).open("ab") as copies:
        copies.write(b'{"seq": 2, "at"')
    assert [checkpoint.seq for checkpoint in file.read()] == [1]


def test_a_line_that_is_not_a_checkpoint_is_refused(tmp_path: Path):
    (tmp_path / COPIES_FILE).write_text("no\n")
    with pytest.raises(DomainError, match="Line 1"):
        CheckpointFile(tmp_path).read()
