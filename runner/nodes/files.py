"""Reading, writing and appending files as text or bytes. Moving whole files about is in `folders.py`."""

import asyncio
import base64
import binascii
from pathlib import Path
from typing import Any, ClassVar, Final, Literal

from pydantic import Field

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure, NodeType, Result
from runner.nodes.fields import Encoding
from runner.nodes.paths import IfExists, check_target, decode_text, file_errors, replacing, resolve_path
from runner.workflow.documents import Json

READ_LIMIT: Final = 16 * 1024 * 1024
"""Default bytes a file may have to become an output; bigger files are for nodes that work on files."""


class ReadFileConfig(NodeConfig):
    """Config of files.read."""

    path: str = Field(title="File", description="Path of the file; a relative one is in the execution's folder.")
    content: Literal["text", "base64"] = Field(
        "text", title="Read as", description="`text` decodes the file; `base64` is for any other kind of file."
    )
    encoding: Encoding = Field(
        "utf-8", title="Encoding", description="Encoding of the text, for instance windows-1252."
    )
    max_bytes: int = Field(
        READ_LIMIT, ge=1, le=256 * 1024 * 1024, title="Largest size", description="In bytes; a bigger file fails."
    )


class ReadFile(NodeType[ReadFileConfig]):
    """files.read: output `{path, size, text}` or `{path, size, base64}`."""

    type = "files.read"
    title = "Read file"
    help = "Reads a whole file as text, or as base64 when it is not text."
    icon = "file-text"
    config = ReadFileConfig
    example: ClassVar[dict[str, Any]] = {"path": "orders.txt"}
    repeatable = True

    async def run(self, config: ReadFileConfig, context: NodeContext) -> Result:
        """Read the file in a thread. Raises NodeFailure FILE_NOT_FOUND, FILE_TOO_LARGE, ENCODING_ERROR."""
        path = resolve_path(context, config.path)
        data = await asyncio.to_thread(read_bytes, path, config.max_bytes)
        output: dict[str, Json] = {"path": str(path), "size": len(data)}
        if config.content == "text":
            output["text"] = decode_text(data, config.encoding, path)
        else:
            output["base64"] = base64.b64encode(data).decode("ascii")
        return Result(output)


class WriteFileConfig(NodeConfig):
    """Config of files.write."""

    path: str = Field(title="File", description="Path of the file; missing folders are made.")
    content: str = Field(title="Content", description="The text to write, or base64 when 'Content is' says so.")
    content_is: Literal["text", "base64"] = Field(
        "text", title="Content is", description="`base64` writes the decoded bytes."
    )
    encoding: Encoding = Field("utf-8", title="Encoding", description="Encoding of the text in the file.")
    if_exists: IfExists = Field("replace", title="If it exists", description="Replace the file, or fail.")


class WriteFile(NodeType[WriteFileConfig]):
    """files.write: output `{path, size}`. The file appears whole or not at all."""

    type = "files.write"
    title = "Write file"
    help = "Writes text or bytes to a file; readers never see it half written."
    icon = "file-pencil"
    config = WriteFileConfig
    example: ClassVar[dict[str, Any]] = {"path": "out/greeting.txt", "content": "Hello"}
    repeatable = True

    async def run(self, config: WriteFileConfig, context: NodeContext) -> Result:
        """Write in a thread. Raises NodeFailure FILE_EXISTS, ENCODING_ERROR, INVALID_BASE64 and those of the disk."""
        path = resolve_path(context, config.path)
        data = _encode(config.content, config.content_is, config.encoding)
        await asyncio.to_thread(_write, path, data, config.if_exists)
        return Result({"path": str(path), "size": len(data)})


class AppendFileConfig(NodeConfig):
    """Config of files.append."""

    path: str = Field(title="File", description="Path of the file; it is made when it is missing.")
    text: str = Field(title="Text", description="What is added at the end.")
    new_line: bool = Field(True, title="End the line", description="Add a line break after the text.")
    encoding: Encoding = Field("utf-8", title="Encoding", description="Encoding of the text in the file.")


class AppendFile(NodeType[AppendFileConfig]):
    """files.append: output `{path, size}`, the size after it."""

    type = "files.append"
    title = "Append to file"
    help = "Adds text at the end of a file, which is made when it does not exist."
    icon = "file-plus"
    config = AppendFileConfig
    example: ClassVar[dict[str, Any]] = {"path": "protocol.txt", "text": "invoice 17 done"}

    async def run(self, config: AppendFileConfig, context: NodeContext) -> Result:
        """Append with one write, so that branches in parallel do not mix inside a line."""
        path = resolve_path(context, config.path)
        text = config.text + ("\n" if config.new_line else "")
        data = _encode(text, "text", config.encoding)
        return Result({"path": str(path), "size": await asyncio.to_thread(_append, path, data)})


def read_bytes(path: Path, limit: int) -> bytes:
    """A file's bytes. Raises NodeFailure FILE_TOO_LARGE above `limit` bytes, even when the file grows meanwhile."""
    if path.is_dir():
        raise NodeFailure("FILE_IS_FOLDER", f"{path} is a folder; give the name of a file.")
    with file_errors(path), path.open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise NodeFailure(
            "FILE_TOO_LARGE",
            f"{path} is larger than {limit:,} bytes; raise the limit or use a node that works on the file itself.",
            details={"path": str(path), "limit": limit},
        )
    return data


def _encode(content: str, kind: Literal["text", "base64"], encoding: str) -> bytes:
    if kind == "text":
        try:
            return content.encode(encoding)
        except UnicodeEncodeError as error:
            wrong = content[error.start]
            raise NodeFailure(
                "ENCODING_ERROR", f"{wrong!r} cannot be written in {encoding}; choose utf-8 or another encoding."
            ) from error
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NodeFailure(
            "INVALID_BASE64", f"The content is not base64 ({error}); set 'Content is' to text."
        ) from error


def _write(path: Path, data: bytes, if_exists: IfExists) -> None:
    check_target(path, if_exists)
    with file_errors(path), replacing(path) as temporary:
        temporary.write_bytes(data)


def _append(path: Path, data: bytes) -> int:
    check_target(path, "replace")
    with file_errors(path), path.open("ab") as file:
        file.write(data)
        return file.tell()


NODES = (ReadFile, WriteFile, AppendFile)
