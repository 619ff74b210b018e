"""Folders of workflow files: read as a whole, written with little change."""

from pathlib import Path

import pytest

from services.cli.errors import CliError
from services.cli.files.document import WorkflowDocument
from services.cli.files.folder import read_folder, write_folder


def documents(*names: str) -> list[WorkflowDocument]:
    return [WorkflowDocument(name, "", (), {"nodes": []}) for name in names]


def test_what_is_written_is_read_and_not_written_again(tmp_path: Path) -> None:
    first = write_folder(tmp_path, documents("Bills", "Orders"), remove_stale=False)
    assert [path.name for path in first.written] == ["bills.workflow.json", "orders.workflow.json"]
    assert list(read_folder(tmp_path).values()) == documents("Bills", "Orders")
    stamp = (tmp_path / "bills.workflow.json").stat().st_mtime_ns
    again = write_folder(tmp_path, documents("Bills", "Orders"), remove_stale=False)
    assert (again.written, len(again.same)) == ([], 2)
    assert (tmp_path / "bills.workflow.json").stat().st_mtime_ns == stamp


def test_a_file_that_was_moved_stays_where_it_is(tmp_path: Path) -> None:
    write_folder(tmp_path, documents("Bills"), remove_stale=False)
    (tmp_path / "finance").mkdir()
    moved = (tmp_path / "bills.workflow.json").rename(tmp_path / "finance" / "b.workflow.json")
    changed = [WorkflowDocument("bills", "new", (), {"nodes": []})]
    assert write_folder(tmp_path, changed, remove_stale=False).written == [moved]
    assert list(read_folder(tmp_path)) == [moved]


def test_names_that_make_the_same_file_name_get_files_of_their_own(tmp_path: Path) -> None:
    written = write_folder(tmp_path, documents("a b", "a-b", "c"), remove_stale=False).written
    assert len(set(written)) == 3
    assert tmp_path / "c.workflow.json" in written
    assert len(read_folder(tmp_path)) == 3


def test_files_of_gone_workflows_are_removed_only_when_asked(tmp_path: Path) -> None:
    write_folder(tmp_path, documents("Bills", "Orders"), remove_stale=False)
    stale = tmp_path / "orders.workflow.json"
    assert write_folder(tmp_path, documents("Bills"), remove_stale=False).stale == [stale]
    assert stale.exists()
    write_folder(tmp_path, documents("Bills"), remove_stale=True)
    assert not stale.exists()


def test_every_bad_file_and_every_name_used_twice_is_told_at_once(tmp_path: Path) -> None:
    write_folder(tmp_path, documents("Bills"), remove_stale=False)
    (tmp_path / "copy.workflow.json").write_text(WorkflowDocument("BILLS", "", (), None).text())
    (tmp_path / "broken.workflow.json").write_text("{")
    with pytest.raises(CliError) as caught:
        read_folder(tmp_path)
    assert len(caught.value.details) == 2
    assert "broken.workflow.json" in caught.value.details[0]
    assert "keep one of them" in caught.value.details[1]


def test_other_files_and_hidden_folders_are_none_of_its_business(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("#")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.workflow.json").write_text("{")
    assert read_folder(tmp_path) == {}
    with pytest.raises(CliError):
        read_folder(tmp_path / "none")
