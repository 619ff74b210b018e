import asyncio
from pathlib import Path

from runner.agent.folders import Folders, WorkingFolders


async def test_a_folder_that_was_left_empty_is_given_out_again(tmp_path: Path) -> None:
    folders = WorkingFolders(tmp_path)
    async with folders.take() as first:
        assert list(first.iterdir()) == []
    async with folders.take() as second:
        assert second == first


async def test_executions_at_the_same_time_have_different_folders(tmp_path: Path) -> None:
    folders = WorkingFolders(tmp_path)
    async with folders.take() as first, folders.take() as second:
        assert first != second


async def test_what_an_execution_leaves_is_never_seen_by_another(tmp_path: Path) -> None:
    folders = WorkingFolders(tmp_path)
    async with folders.take() as first:
        await asyncio.to_thread((first / "secret").write_text, "x")
    assert await asyncio.to_thread(lambda: list(tmp_path.iterdir())) == []
    async with folders.take() as second:
        assert list(second.iterdir()) == []


async def test_a_folder_that_the_execution_removed_is_not_given_out_again(tmp_path: Path) -> None:
    folders = WorkingFolders(tmp_path)
    async with folders.take() as first:
        first.rmdir()
    async with folders.take() as second:
        assert await asyncio.to_thread(second.is_dir)


def test_leftovers_are_removed_but_files_that_wait(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "home")
    (folders.work / "1").mkdir()
    (folders.files / "wanted").write_text("x")
    (folders.files / "orphan").write_text("x")
    Folders(tmp_path / "home").clean(keep={str(folders.files / "wanted")})
    assert list(folders.work.iterdir()) == []
    assert [path.name for path in folders.files.iterdir()] == ["wanted"]
