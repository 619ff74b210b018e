"""Artifacts as files."""

import hashlib
from pathlib import Path

import pytest

from services.scheduler.evidence.files import ArtifactFiles

DATA = b"hello world" * 1000
SHA256 = hashlib.sha256(DATA).hexdigest()


def test_an_upload_in_pieces_ends_at_the_place_its_hash_names(tmp_path: Path) -> None:
    files = ArtifactFiles(tmp_path)
    held = files.append("a1", 0, DATA[:4000])
    assert files.held("a1") == held == 4000
    files.append("a1", held, DATA[4000:])
    assert files.finish("a1", SHA256)
    assert (tmp_path / SHA256[:2] / SHA256[2:]).read_bytes() == DATA
    assert files.held("a1") == 0


def test_a_chunk_that_does_not_go_on_where_the_upload_ends_is_refused(tmp_path: Path) -> None:
    files = ArtifactFiles(tmp_path)
    files.append("a1", 0, b"abc")
    with pytest.raises(ValueError, match="has 3 bytes, not 0"):
        files.append("a1", 0, b"abc")
    assert files.held("a1") == 3


def test_bytes_with_another_hash_are_thrown_away(tmp_path: Path) -> None:
    files = ArtifactFiles(tmp_path)
    files.append("a1", 0, b"something else")
    assert not files.finish("a1", SHA256)
    assert files.held("a1") == 0
    assert not files.path(SHA256).exists()


def test_the_same_content_twice_is_one_file(tmp_path: Path) -> None:
    files = ArtifactFiles(tmp_path)
    for artifact_id in ("a1", "a2"):
        files.append(artifact_id, 0, DATA)
        assert files.finish(artifact_id, SHA256)
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1
    files.remove(SHA256)
    files.remove(SHA256)
    assert not files.path(SHA256).exists()


def test_old_unfinished_uploads_are_named(tmp_path: Path) -> None:
    files = ArtifactFiles(tmp_path)
    files.append("a1", 0, b"abc")
    assert list(files.unfinished(older_than=0)) == []
    assert list(files.unfinished(older_than=2**40)) == ["a1"]
    files.discard("a1")
    assert files.held("a1") == 0
