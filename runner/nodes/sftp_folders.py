"""Looking into folders of SFTP servers, and deleting what was dealt with."""

import fnmatch
import posixpath
import stat
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from pydantic import Field

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure, NodeType, Result
from runner.nodes.sftp_connection import SftpServer, open_sftp, remote_errors, time_limit, told_time
from runner.nodes.sftp_transfers import GetFile
from runner.workflow.documents import Json

if TYPE_CHECKING:
    import asyncssh

LIST_LIMIT: Final = 10_000
SCAN_LIMIT: Final = 1_000_000
"""Entries of a folder that are looked at: a server may name them without end."""
LIST_SECONDS: Final = 120.0


class ListConfig(NodeConfig):
    """Config of sftp.list."""

    server: SftpServer = Field(title="Server", description="The SFTP server and how to sign in.")
    folder: str = Field(default=".", min_length=1, title="Folder", description="Path on the server.")
    pattern: str = Field(default="*", min_length=1, title="Pattern", description="Names with * and ?, as *.csv.")
    include: Literal["files", "folders", "both"] = Field("files", title="Include", description="What is listed.")
    sort: Literal["name", "modified", "size"] = Field("name", title="Sort by", description="Order of the list.")
    descending: bool = Field(False, title="Last first", description="Turn the order round.")
    limit: int = Field(LIST_LIMIT, ge=1, le=LIST_LIMIT, title="At most", description="The list ends there.")


class ListRemote(NodeType[ListConfig]):
    """sftp.list: output `{files: [{path, name, size, modifiedAt, folder}], count, truncated}`."""

    type = "sftp.list"
    title = "List files by SFTP"
    help = "Lists the files of a folder on an SFTP server, with size and time."
    icon = "cloud-search"
    config = ListConfig
    example: ClassVar[dict[str, Any]] = {
        "server": GetFile.example["server"],
        "folder": "out",
        "pattern": "*.xml",
        "sort": "modified",
    }
    repeatable = True

    async def run(self, config: ListConfig, context: NodeContext) -> Result:
        """List once. Raises NodeFailure SFTP_*."""
        async with open_sftp(config.server, context) as client, time_limit(LIST_SECONDS):
            with remote_errors(config.folder):
                found = await _list(client, config)
        found.sort(key=lambda entry: _order(entry, config.sort), reverse=config.descending)
        files = found[: config.limit]
        return Result({"files": [*files], "count": len(files), "truncated": len(found) > config.limit})


class DeleteConfig(NodeConfig):
    """Config of sftp.delete."""

    server: SftpServer = Field(title="Server", description="The SFTP server and how to sign in.")
    path: str = Field(min_length=1, title="Remote file", description="Path on the server; folders are left alone.")
    missing_ok: bool = Field(
        default=True, title="May be missing", description="A file that is not there is no failure."
    )


class DeleteRemote(NodeType[DeleteConfig]):
    """sftp.delete: output `{path, deleted}`."""

    type = "sftp.delete"
    title = "Delete file by SFTP"
    help = "Deletes a file on an SFTP server."
    icon = "cloud-off"
    config = DeleteConfig
    example: ClassVar[dict[str, Any]] = {"server": GetFile.example["server"], "path": "out/statement.xml"}
    repeatable = True

    async def run(self, config: DeleteConfig, context: NodeContext) -> Result:
        """Delete once. Raises NodeFailure SFTP_*."""
        async with open_sftp(config.server, context) as client, time_limit(LIST_SECONDS):
            with remote_errors(config.path):
                deleted = await _delete(client, config)
        return Result({"path": config.path, "deleted": deleted})


async def _list(client: "asyncssh.SFTPClient", config: ListConfig) -> list[dict[str, Json]]:
    found: list[dict[str, Json]] = []
    seen = 0
    async for entry in client.scandir(config.folder):
        seen += 1
        if seen > SCAN_LIMIT:
            raise NodeFailure("SFTP_TOO_LARGE", f"{config.folder} has more than {SCAN_LIMIT:,} entries; empty it.")
        name = entry.filename
        assert isinstance(name, str)
        if name in (".", "..") or not fnmatch.fnmatchcase(name, config.pattern):
            continue
        attributes = entry.attrs
        is_folder = stat.S_ISDIR(attributes.permissions or 0)
        if config.include != "both" and is_folder is not (config.include == "folders"):
            continue
        path = posixpath.join(config.folder, name)
        found.append(
            {
                "path": path,
                "name": name,
                "size": attributes.size,
                "modifiedAt": told_time(attributes.mtime),
                "folder": is_folder,
            }
        )
    return found


def _order(entry: dict[str, Json], by: str) -> tuple[Any, str]:
    key: Any = {"name": "", "modified": entry["modifiedAt"] or "", "size": entry["size"] or 0}[by]
    return (key, str(entry["name"]))


async def _delete(client: "asyncssh.SFTPClient", config: DeleteConfig) -> bool:
    import asyncssh  # noqa: PLC0415 - executions without SFTP should not pay for it

    try:
        await client.remove(config.path)
    except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
        if not config.missing_ok:
            raise
        return False
    return True


NODES = (ListRemote, DeleteRemote)
