"""Where a node's files are, and what it says when they cannot be used.

Owns the resolution of paths written in configs, writing that is never seen half done, and the words for each operating
system error. What a runner may touch is the agent's policy, not decided here.
"""

import errno
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

from runner.nodes.base import NodeContext, NodeFailure
from runner.workflow.documents import Json

IfExists = Literal["replace", "fail"]

COPY_BLOCK: Final = 256 * 1024
"""Bytes read at a time when a file is hashed or streamed."""


def resolve_path(context: NodeContext, text: str) -> Path:
    """The absolute path a config means: relative ones stand in the execution's folder, `~` is the account's home.

    Raises NodeFailure INVALID_PATH for an empty path or one with a NUL character.
    """
    if not text.strip() or "\0" in text:
        raise NodeFailure("INVALID_PATH", f"{text!r} is not a path; give the name of a file or folder.")
    try:
        path = Path(text).expanduser()
    except RuntimeError as error:
        raise NodeFailure("INVALID_PATH", f"{text}: {error} Write the full path instead of '~'.") from error
    return Path(os.path.normpath(context.workdir / path))


def check_target(path: Path, if_exists: IfExists) -> None:
    """Refuse a target that stands in the way, and make the folders it needs. Raises NodeFailure."""
    if path.is_dir():
        raise NodeFailure("FILE_IS_FOLDER", f"{path} is a folder; give the name of the file to write.")
    if if_exists == "fail" and path.exists():
        raise NodeFailure(
            "FILE_EXISTS", f"{path} exists already; choose another name or set 'If it exists' to replace."
        )
    with file_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file beside `path` that takes its place when the block ends well and vanishes when it does not.

    Errors of the block are the caller's: a download's lost connection is an OSError too, and none of the disk.
    """
    temporary = path.with_name(f".{path.name[:100]}.{secrets.token_hex(6)}.part")
    try:
        yield temporary
        with file_errors(path):
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """Turn an OSError of the block into a NodeFailure that names the file and says what to do."""
    try:
        yield
    except OSError as error:
        raise failure_for(error, path) from error


def failure_for(error: OSError, path: Path) -> NodeFailure:
    """The failure a person reads for an error of the file system. `path` is the file the node was asked for."""
    details: dict[str, Json] = {"path": str(path), "errno": error.errno}
    match error:
        case FileNotFoundError():
            return NodeFailure(
                "FILE_NOT_FOUND", f"{path.name} is not in {path.parent}; check the path.", details=details
            )
        case FileExistsError():
            return NodeFailure("FILE_EXISTS", f"{path} exists already; choose another name.", details=details)
        case IsADirectoryError():
            return NodeFailure("FILE_IS_FOLDER", f"{path} is a folder; give the name of a file.", details=details)
        case NotADirectoryError():
            return NodeFailure("FILE_NOT_FOLDER", f"A part of {path} is a file, not a folder.", details=details)
        case PermissionError():
            advice = "allow the runner's account to use it, or close the program that has it open"
            return NodeFailure("FILE_ACCESS_DENIED", f"{path}: {advice}.", retryable=True, details=details)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NodeFailure("DISK_FULL", f"{path}: the disk is full; make room.", retryable=True, details=details)
    if error.errno == errno.ENAMETOOLONG:
        return NodeFailure("INVALID_PATH", f"{path}: the name is too long; shorten it.", details=details)
    return NodeFailure("FILE_ERROR", f"{path}: {error.strerror or error}.", retryable=True, details=details)


def is_text(path: Path) -> bool:
    """Whether a file's name is text. Linux allows any bytes; such a name fits into no JSON and no later config."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def decode_text(data: bytes, encoding: str, path: Path) -> str:
    """Text of a file; a byte order mark is dropped. Raises NodeFailure ENCODING_ERROR with the place."""
    try:
        return data.decode(python_encoding(encoding))
    except UnicodeDecodeError as error:
        raise encoding_failure(path, encoding, f"byte {error.start}") from error


def python_encoding(encoding: str) -> str:
    """The codec to read a normalised encoding with: UTF-8 files of spreadsheets begin with a mark that is no text."""
    return "utf-8-sig" if encoding == "utf-8" else encoding


def encoding_failure(path: Path, encoding: str, place: str) -> NodeFailure:
    """The failure for a file whose bytes are not text in the encoding that was said."""
    return NodeFailure(
        "ENCODING_ERROR",
        f"{path} is not {encoding} ({place}); choose its encoding, for instance windows-1252.",
        details={"path": str(path), "encoding": encoding},
    )


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file, read in blocks."""
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while block := file.read(COPY_BLOCK):
            digest.update(block)
    return digest.hexdigest()
