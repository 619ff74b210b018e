"""Fetching files from SFTP servers and putting them there: whole or not at all, on both sides."""

import asyncio
import hashlib
import posixpath
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

from pydantic import Field

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure, NodeType, Result
from runner.nodes.paths import COPY_BLOCK, IfExists, check_target, file_errors, replacing, resolve_path
from runner.nodes.sftp_connection import SftpServer, open_sftp, remote_errors, time_limit, told_time
from runner.workflow.documents import Json

if TYPE_CHECKING:
    import asyncssh

FILE_LIMIT: Final = 2 * 1024 * 1024 * 1024
RENAME_SECONDS: Final = 30.0
CLEAN_UP_SECONDS: Final = 5.0


class TransferConfig(NodeConfig):
    """What getting and putting have in common."""

    server: SftpServer = Field(title="Server", description="The SFTP server and how to sign in.")
    if_exists: IfExists = Field("replace", title="If it exists", description="Replace the target, or fail.")
    timeout_seconds: float = Field(
        default=300, gt=0, le=86_400, title="Timeout", description="Seconds until the whole file is there."
    )


class GetConfig(TransferConfig):
    """Config of sftp.get."""

    source: str = Field(min_length=1, title="Remote file", description="Path on the server.")
    target: str = Field(min_length=1, title="Save as", description="Path of the file here; missing folders are made.")
    max_bytes: int = Field(default=FILE_LIMIT, ge=1, title="Largest size", description="In bytes; a bigger one fails.")


class GetFile(NodeType[GetConfig]):
    """sftp.get: output `{path, source, size, sha256, modifiedAt}`. The file appears whole or not at all."""

    type = "sftp.get"
    title = "Get file by SFTP"
    help = "Fetches a file from an SFTP server."
    icon = "cloud-download"
    config = GetConfig
    example: ClassVar[dict[str, Any]] = {
        "server": {
            "host": "sftp.example.com",
            "username": "{{ credentials.bank.username }}",
            "password": "{{ credentials.bank.password }}",
            "fingerprint": "SHA256:p2QAMXNIC1TJYWeIOttrVc98/R1BUFWu3/LiyKgUfQM",
        },
        "source": "out/statement.xml",
        "target": "in/statement.xml",
    }
    repeatable = True

    async def run(self, config: GetConfig, context: NodeContext) -> Result:
        """Fetch once. Raises NodeFailure SFTP_* and those of writing a file."""
        target = resolve_path(context, config.target)
        await asyncio.to_thread(check_target, target, config.if_exists)
        async with open_sftp(config.server, context) as client, time_limit(config.timeout_seconds):
            with remote_errors(config.source):
                size, digest, modified = await _fetch(client, config, target)
        return Result(
            {"path": str(target), "source": config.source, "size": size, "sha256": digest, "modifiedAt": modified}
        )


class PutConfig(TransferConfig):
    """Config of sftp.put."""

    source: str = Field(min_length=1, title="File", description="Path of the file here.")
    target: str = Field(min_length=1, title="Remote file", description="Path on the server.")
    make_folders: bool = Field(default=False, title="Make folders", description="Make the folders that are missing.")


class PutFile(NodeType[PutConfig]):
    """sftp.put: output `{path, target, size, sha256}`.

    It is written under a name of its own and renamed at the end, so nobody who watches the folder sees half of it.
    """

    type = "sftp.put"
    title = "Put file by SFTP"
    help = "Puts a file on an SFTP server, where it appears whole or not at all."
    icon = "cloud-upload"
    config = PutConfig
    example: ClassVar[dict[str, Any]] = {
        "server": GetFile.example["server"],
        "source": "out/orders.csv",
        "target": "in/orders.csv",
        "ifExists": "fail",
    }

    async def run(self, config: PutConfig, context: NodeContext) -> Result:
        """Put once. Raises NodeFailure SFTP_* and those of reading a file."""
        source = resolve_path(context, config.source)
        if source.is_dir():
            raise NodeFailure("FILE_IS_FOLDER", f"{source} is a folder; give the name of a file.")
        async with open_sftp(config.server, context) as client:
            with remote_errors(config.target):
                size, digest = await _put(client, config, source)
        return Result({"path": str(source), "target": config.target, "size": size, "sha256": digest})


async def _fetch(client: "asyncssh.SFTPClient", config: GetConfig, target: Path) -> tuple[int, str, Json]:
    # Not closed when something goes wrong: a server that hangs would not answer, and the connection ends anyway.
    remote = await client.open(config.source, "rb")
    attributes = await remote.stat()
    digest, size = hashlib.sha256(), 0
    with replacing(target) as temporary:
        with file_errors(target):
            file = temporary.open("wb")
        with file:
            while block := cast("bytes", await remote.read(COPY_BLOCK)):
                size += len(block)
                if size > config.max_bytes:
                    raise NodeFailure(
                        "SFTP_TOO_LARGE",
                        f"{config.source} is larger than {config.max_bytes:,} bytes; raise 'Largest size'.",
                        details={"limit": config.max_bytes},
                    )
                digest.update(block)
                with file_errors(target):
                    await asyncio.to_thread(file.write, block)
        if attributes.size is not None and size < attributes.size:
            raise NodeFailure("SFTP_INCOMPLETE", f"{config.source} became shorter while it was read.", retryable=True)
    await remote.close()
    return size, digest.hexdigest(), told_time(attributes.mtime)


async def _put(client: "asyncssh.SFTPClient", config: PutConfig, source: Path) -> tuple[int, str]:
    folder, name = posixpath.split(config.target)
    temporary = posixpath.join(folder, f".{name[:100]}.{secrets.token_hex(6)}.part")
    try:
        async with time_limit(config.timeout_seconds):
            await _check_remote(client, config, folder, name)
            size, digest = await _write(client, source, temporary)
        await _rename(client, temporary, config)
    except BaseException:
        # Also a stop: what was written must not stay. Nothing can be done about it when the connection is gone.
        with suppress(Exception):
            async with asyncio.timeout(CLEAN_UP_SECONDS):
                await client.remove(temporary)
        raise
    return size, digest


async def _check_remote(client: "asyncssh.SFTPClient", config: PutConfig, folder: str, name: str) -> None:
    if not name or await client.isdir(config.target):
        raise NodeFailure("SFTP_IS_FOLDER", f"{config.target} is a folder on the server; give the name of the file.")
    if config.if_exists == "fail" and await client.exists(config.target):
        raise NodeFailure("SFTP_EXISTS", f"{config.target} exists already on the server; choose another name.")
    if config.make_folders and folder:
        await client.makedirs(folder, exist_ok=True)


async def _write(client: "asyncssh.SFTPClient", source: Path, temporary: str) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with file_errors(source):
        file = source.open("rb")
    with file:
        remote = await client.open(temporary, "xb")
        while True:
            with file_errors(source):
                block = await asyncio.to_thread(file.read, COPY_BLOCK)
            if not block:
                break
            await remote.write(block)
            digest.update(block)
            size += len(block)
        await remote.close()
    written = (await client.stat(temporary)).size
    if written != size:
        raise NodeFailure("SFTP_INCOMPLETE", f"The server keeps {written} of {size} bytes.", retryable=True)
    return size, digest.hexdigest()


async def _rename(client: "asyncssh.SFTPClient", temporary: str, config: PutConfig) -> None:
    import asyncssh  # noqa: PLC0415 - executions without SFTP should not pay for it

    try:
        async with asyncio.timeout(RENAME_SECONDS):
            if config.if_exists == "fail":
                # A server's plain rename refuses a target that is there, also one that came this moment.
                await client.rename(temporary, config.target)
                return
            try:
                await client.posix_rename(temporary, config.target)
            except asyncssh.SFTPOpUnsupported:
                # Without the extension of OpenSSH no server replaces a file in one step.
                if await client.exists(config.target):
                    await client.remove(config.target)
                await client.rename(temporary, config.target)
    except (asyncssh.SFTPConnectionLost, asyncssh.DisconnectError, TimeoutError) as error:
        raise NodeFailure(
            "SFTP_UNCERTAIN",
            f"The connection broke while {config.target} got its name; look whether it is there before trying again.",
        ) from error


NODES = (GetFile, PutFile)
