"""What is written is read back; what is cut off, changed, foreign or hostile is refused with a sentence."""

import hashlib
import io
import os
import tarfile
from pathlib import Path

import pytest

from services.kit.postgres import SCHEMAS, load_migrations
from services.launcher.backup import contents
from services.launcher.backup.archive import ArchiveReader, ArchiveWriter, new_archive
from services.launcher.backup.errors import ArchiveError, BackupRefusedError
from services.launcher.backup.loading import require_known_migrations
from services.launcher.backup.manifest import (
    FORMAT,
    HEADER_PART,
    MANIFEST_PART,
    PRODUCT,
    AppliedMigration,
    Artifacts,
    Header,
    Manifest,
    Table,
    TableSum,
)

ROWS = b"1\tone\n2\ttwo\n"
CONTENT = os.urandom(3_000)
TABLE = Table(schema_name="automation", name="workflow", columns=("id", "name"))


def header(**changed: object) -> Header:
    migrations = {
        service: tuple(
            AppliedMigration(number=each.number, name=each.name, sha256=each.sha256)
            for each in load_migrations(service)
        )
        for service in SCHEMAS
    }
    fields = {
        "product": PRODUCT,
        "format": FORMAT,
        "backup_id": "b",
        "made_at": "2026-01-01T00:00:00Z",
        "version": "1.2",
        "installation_id": "i",
        "migrations": migrations,
        "tables": (TABLE,),
    }
    return Header.model_validate(fields | changed)


def write(
    path: Path, document: bytes | None = None, *, extra: dict[str, bytes] | None = None, last: bool = True
) -> Path:
    """A small whole archive; `document` in place of its header, `extra` parts before its manifest."""
    begin = document if document is not None else header().model_dump_json(by_alias=True).encode()
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    with new_archive(path, force=True) as writer:
        writer.add(HEADER_PART, begin)
        writer.add(contents.piece_name(TABLE.path, 0), contents.compress(ROWS))
        writer.add(contents.file_name("tls-ca.pem"), b"pem")
        list(writer.add_stream(contents.artifact_name(sha256), len(CONTENT), io.BytesIO(CONTENT)))
        for name, held in (extra or {}).items():
            writer.add(name, held)
        manifest = Manifest(
            header_sha256=hashlib.sha256(begin).hexdigest(),
            tables={TABLE.path: TableSum(rows=2, bytes=len(ROWS), sha256=hashlib.sha256(ROWS).hexdigest())},
            sequences=(),
            files={"tls-ca.pem": hashlib.sha256(b"pem").hexdigest()},
            artifacts=Artifacts(count=1, bytes=len(CONTENT)),
        )
        if last:
            writer.add(MANIFEST_PART, manifest.model_dump_json(by_alias=True).encode())
    return path


def check(path: Path) -> tuple[Header, Manifest]:
    with ArchiveReader(path) as reader:
        return contents.check(reader, lambda _: None)


def test_a_whole_archive_passes_and_other_programs_can_list_it(tmp_path: Path) -> None:
    path = write(tmp_path / "a")
    found, manifest = check(path)
    assert (found.tables, manifest.artifacts.count) == ((TABLE,), 1)
    assert path.stat().st_mode & 0o777 == 0o600
    with tarfile.open(path) as tar:
        assert tar.getnames()[0] == HEADER_PART
        assert tar.getnames()[-1] == MANIFEST_PART


def test_every_cut_and_every_changed_byte_is_noticed(tmp_path: Path) -> None:
    whole = write(tmp_path / "a").read_bytes()
    broken = tmp_path / "broken"
    for size in [*range(0, len(whole), 509), len(whole) - 1, len(whole) - 512]:
        broken.write_bytes(whole[:size])
        with pytest.raises(ArchiveError):
            check(broken)
    # One byte in each part's middle, and in the header block of each.
    with tarfile.open(tmp_path / "a") as tar:
        places = [place for part in tar for place in (part.offset + 3, part.offset_data + part.size // 2)]
    for place in places:
        broken.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(ArchiveError):
            check(broken)


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "/etc/passwd", "files/../x", "artifacts/../../x", "tables/automation.workflow/1.gz", "x"],
)
def test_parts_with_other_names_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ArchiveError, match="does not belong"):
        check(write(tmp_path / "a", extra={name: b"x"}))


def test_more_of_a_table_a_file_or_the_end_is_refused(tmp_path: Path) -> None:
    for extra in (
        {contents.piece_name(TABLE.path, 1): contents.compress(b"3\tthree\n")},
        {contents.piece_name(TABLE.path, 7): contents.compress(b"")},
        {contents.file_name("admin-password"): b"mine"},
        {contents.artifact_name("0" * 64): b"not what it says"},
    ):
        with pytest.raises(ArchiveError):
            check(write(tmp_path / "a", extra=extra))
    path = write(tmp_path / "a")
    with path.open("ab") as file:
        ArchiveWriter(file).add("files/more", b"x")
    with pytest.raises(ArchiveError):
        check(path)


def test_a_piece_that_expands_beyond_its_bounds_is_refused(tmp_path: Path) -> None:
    bomb = contents.compress(b"\0" * (contents.PIECE_BYTES + 1))
    with pytest.raises(ArchiveError, match="damaged"):
        check(write(tmp_path / "a", extra={contents.piece_name(TABLE.path, 1): bomb}))


def test_links_and_devices_are_refused(tmp_path: Path) -> None:
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE, tarfile.XHDTYPE):
        path = tmp_path / "a"
        part = tarfile.TarInfo(HEADER_PART)
        part.type, part.linkname = kind, "/etc/passwd"
        path.write_bytes(part.tobuf(tarfile.USTAR_FORMAT) + b"\0" * 1024)
        with pytest.raises(ArchiveError, match="no plain file"):
            check(path)


def test_other_files_later_formats_and_unfinished_backups_say_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"PK\x03\x04" + b"x" * 5_000)
    with pytest.raises(ArchiveError, match="no backup of Exekra Hub"):
        check(path)
    with pytest.raises(ArchiveError, match="format 2"):
        check(write(path, header(format=2).model_dump_json(by_alias=True).encode()))
    with pytest.raises(ArchiveError, match="format 3"):
        check(write(path, b'{"product": "exekra-hub-backup", "format": 3, "other": 1}'))
    with pytest.raises(ArchiveError, match="not finished"):
        check(write(path, last=False))


def test_a_header_cannot_smuggle_sql_into_names() -> None:
    document = header().model_dump(mode="json")
    document["tables"] = [{"schema_name": "automation", "name": 'x"; DROP TABLE y; --', "columns": ["id"]}]
    with pytest.raises(ValueError, match="pattern"):
        Header.model_validate(document)


def test_schemas_of_a_later_version_or_another_history_are_refused() -> None:
    require_known_migrations(header())
    ours = header().migrations
    later = (*ours["scheduler"], AppliedMigration(number=len(ours["scheduler"]) + 1, name="x.sql", sha256="0" * 64))
    with pytest.raises(ArchiveError, match=r"version 1\.2.*newer.*install that version"):
        require_known_migrations(header(migrations={**ours, "scheduler": later}))
    other = (ours["audit"][0].model_copy(update={"sha256": "0" * 64}),)
    with pytest.raises(ArchiveError, match="another 0001"):
        require_known_migrations(header(migrations={**ours, "audit": other}))
    with pytest.raises(ArchiveError, match="does not know: billing"):
        require_known_migrations(header(migrations={**ours, "billing": ()}))


def test_nothing_is_left_of_an_archive_that_was_not_finished(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with pytest.raises(EOFError), new_archive(path, force=False) as writer:
        list(writer.add_stream("x", 2, io.BytesIO(b"x")))
    assert list(tmp_path.iterdir()) == []
    path.write_bytes(b"mine")
    with pytest.raises(BackupRefusedError, match="--force"), new_archive(path, force=False):
        pass
    with pytest.raises(RuntimeError), new_archive(path, force=True):
        raise RuntimeError
    assert path.read_bytes() == b"mine"
    with pytest.raises(BackupRefusedError, match="is a folder"), new_archive(tmp_path, force=True):
        pass
    with pytest.raises(BackupRefusedError, match="cannot be written"), new_archive(tmp_path / "no" / "a", force=True):
        pass


def test_a_file_that_appears_while_the_backup_is_made_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with pytest.raises(BackupRefusedError, match="exists already"), new_archive(path, force=False):
        path.write_bytes(b"mine")
    assert [each.read_bytes() for each in tmp_path.iterdir()] == [b"mine"]
