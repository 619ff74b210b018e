"""Files as things: copy, move, delete, list. What is in them is `files.py`'s, waiting for one `file_arrival.py`'s."""

import asyncio
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Final, Literal

from pydantic import Field

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure, NodeType, Result
from runner.nodes.paths import check_target, file_errors, is_text, resolve_path
from runner.workflow.documents import Json

LIST_LIMIT: Final = 10_000
"""Most files one listing gives."""

Transfer = Callable[[Path, Path], object]


class TransferConfig(NodeConfig):
    """Config of files.copy and files.move."""

    source: str = Field(title="From", description="The file or folder.")
    target: str = Field(
        title="To", description="The new path. When it is a folder, or ends with a slash, the name is kept inside it."
    )
    if_exists: Literal["replace", "fail", "skip"] = Field(
        "replace", title="If it exists", description="Replace the file there, fail, or leave both as they are."
    )


class CopyFile(NodeType[TransferConfig]):
    """files.copy: output `{path, copied}`."""

    type = "files.copy"
    title = "Copy file"
    help = "Copies a file or a folder with all that is in it."
    icon = "copy"
    config = TransferConfig
    example: ClassVar[dict[str, Any]] = {"source": "report.xlsx", "target": "archive/", "ifExists": "fail"}
    repeatable = True

    async def run(self, config: TransferConfig, context: NodeContext) -> Result:
        """Copy in a thread. Raises NodeFailure FILE_NOT_FOUND, FILE_EXISTS and those of the disk."""
        path, done = await asyncio.to_thread(_transfer, config, context, _copy)
        return Result({"path": str(path), "copied": done})


class MoveFile(NodeType[TransferConfig]):
    """files.move: output `{path, moved}`. Not repeatable: the second time the source is gone."""

    type = "files.move"
    title = "Move file"
    help = "Moves or renames a file or a folder."
    icon = "file-arrow-right"
    config = TransferConfig
    example: ClassVar[dict[str, Any]] = {"source": "inbox/order.pdf", "target": "done/order.pdf"}

    async def run(self, config: TransferConfig, context: NodeContext) -> Result:
        """Move in a thread, over disks too. Raises NodeFailure FILE_NOT_FOUND, FILE_EXISTS and those of the disk."""
        path, done = await asyncio.to_thread(_transfer, config, context, shutil.move)
        return Result({"path": str(path), "moved": done})


class DeleteFileConfig(NodeConfig):
    """Config of files.delete."""

    path: str = Field(title="File", description="The file or folder to delete.")
    recursive: bool = Field(False, title="With contents", description="Delete a folder that is not empty.")
    missing_ok: bool = Field(True, title="May be missing", description="It is no failure when nothing is there.")


class DeleteFile(NodeType[DeleteFileConfig]):
    """files.delete: output `{path, deleted}`."""

    type = "files.delete"
    title = "Delete file"
    help = "Deletes a file or a folder."
    icon = "trash"
    config = DeleteFileConfig
    example: ClassVar[dict[str, Any]] = {"path": "inbox/order.pdf"}

    async def run(self, config: DeleteFileConfig, context: NodeContext) -> Result:
        """Delete in a thread. Raises NodeFailure FILE_NOT_FOUND, FOLDER_NOT_EMPTY and those of the disk."""
        path = resolve_path(context, config.path)
        return Result({"path": str(path), "deleted": await asyncio.to_thread(_delete, path, config)})


class ListFilesConfig(NodeConfig):
    """Config of files.list."""

    folder: str = Field(".", title="Folder", description="The folder to look in.")
    pattern: str = Field(
        "*", min_length=1, title="Pattern", description="Name pattern: *.pdf, or **/*.pdf for all depths."
    )
    include: Literal["files", "folders", "both"] = Field("files", title="Include", description="What is listed.")
    sort: Literal["name", "modified", "size"] = Field("name", title="Sort by", description="Order of the list.")
    descending: bool = Field(False, title="Last first", description="Turn the order round.")
    limit: int = Field(LIST_LIMIT, ge=1, le=LIST_LIMIT, title="At most", description="The list ends there.")


class ListFiles(NodeType[ListFilesConfig]):
    """files.list: output `{files: [{path, name, size, modifiedAt, folder}], count, truncated}`."""

    type = "files.list"
    title = "List files"
    help = "Lists the files of a folder that match a pattern, with size and time."
    icon = "list-search"
    config = ListFilesConfig
    example: ClassVar[dict[str, Any]] = {"folder": "inbox", "pattern": "*.pdf", "sort": "modified"}
    repeatable = True

    async def run(self, config: ListFilesConfig, context: NodeContext) -> Result:
        """List in a thread. Raises NodeFailure FILE_NOT_FOUND, INVALID_PATTERN."""
        found, unnamed = await asyncio.to_thread(_list, resolve_path(context, config.folder), config)
        for path in unnamed:
            context.log("warning", f"{path.name!a} is left out: its name is not UTF-8; rename it.")
        files = found[: config.limit]
        return Result({"files": [*files], "count": len(files), "truncated": len(found) > config.limit})


def _transfer(config: TransferConfig, context: NodeContext, transfer: Transfer) -> tuple[Path, bool]:
    source, target = resolve_path(context, config.source), resolve_path(context, config.target)
    if target.is_dir() or config.target.endswith(("/", "\\")):
        target /= source.name
    with file_errors(source):
        source.lstat()
    if source.is_dir() and target.is_relative_to(source):
        raise NodeFailure("INVALID_PATH", f"{target} is inside {source}; choose a target outside of it.")
    if target.exists() and config.if_exists == "skip":
        return target, False
    if target != source:
        check_target(target, "fail" if config.if_exists == "fail" or source.is_dir() else "replace")
        with file_errors(source):
            transfer(source, target)
    return target, True


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copy2(source, target)


def _delete(path: Path, config: DeleteFileConfig) -> bool:
    if config.missing_ok and not path.exists() and not path.is_symlink():
        return False
    with file_errors(path):
        if path.is_symlink() or not path.is_dir():
            path.unlink()
        elif config.recursive:
            shutil.rmtree(path)
        elif any(path.iterdir()):
            raise NodeFailure("FOLDER_NOT_EMPTY", f"{path} is not empty; set 'With contents' to delete it all.")
        else:
            path.rmdir()
    return True


def _list(folder: Path, config: ListFilesConfig) -> tuple[list[dict[str, Json]], list[Path]]:
    """The files in order, and those whose names are no text."""
    wanted = {"files": {False}, "folders": {True}, "both": {False, True}}[config.include]
    found: list[tuple[Any, dict[str, Json]]] = []
    unnamed: list[Path] = []
    with file_errors(folder):
        folder.stat()
        for path in matching(folder, config.pattern):
            try:
                status = path.stat()
            except FileNotFoundError:  # gone since it was listed, or a link to nothing
                continue
            if stat.S_ISDIR(status.st_mode) not in wanted:
                continue
            if not is_text(path):
                unnamed.append(path)
                continue
            order = {"name": 0.0, "modified": status.st_mtime, "size": status.st_size}[config.sort]
            found.append(((order, str(path)), describe_file(path, status)))
    found.sort(key=lambda entry: entry[0], reverse=config.descending)
    return [described for _, described in found], unnamed


def matching(folder: Path, pattern: str) -> Iterator[Path]:
    """The files and folders in a folder that match a pattern. Raises NodeFailure INVALID_PATTERN."""
    try:
        yield from folder.glob(pattern)
    except (ValueError, NotImplementedError) as error:
        raise NodeFailure("INVALID_PATTERN", f"Pattern {pattern!r}: {error}. Use names with *, ? and **.") from error


def describe_file(path: Path, status: os.stat_result) -> dict[str, Json]:
    """What outputs say of a file: `{path, name, size, modifiedAt, folder}`."""
    return {
        "path": str(path),
        "name": path.name,
        "size": status.st_size,
        "modifiedAt": datetime.fromtimestamp(status.st_mtime, UTC).isoformat().replace("+00:00", "Z"),
        "folder": stat.S_ISDIR(status.st_mode),
    }


NODES = (CopyFile, MoveFile, DeleteFile, ListFiles)
