"""An SFTP server on loopback that keeps its files in a folder."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO

import asyncssh

USER, PASSWORD = "bank", "geheim!7"


@dataclass
class Place:
    """Where the server listens, its key, and what tests make it do."""

    folder: Path
    host_key: asyncssh.SSHKey = field(default_factory=partial(asyncssh.generate_private_key, "ssh-ed25519"))
    client_key: asyncssh.SSHKey = field(default_factory=partial(asyncssh.generate_private_key, "ssh-ed25519"))
    port: int = 0
    connections: list[asyncssh.SSHServerConnection] = field(default_factory=list)
    files: list[IO[bytes]] = field(default_factory=list)
    has_posix_rename: bool = True
    breaks_at: str = ""
    """Name of the server's method at which every connection breaks."""
    hangs_at: str = ""

    @property
    def config(self) -> dict:
        """The server's part of a node's config."""
        return {
            "host": "127.0.0.1",
            "port": self.port,
            "username": USER,
            "password": PASSWORD,
            "fingerprint": self.host_key.get_fingerprint(),
        }

    def names(self) -> list[str]:
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())


class Server(asyncssh.SSHServer):
    """Lets one user in."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def connection_made(self, conn):
        self._place.connections.append(conn)

    def password_auth_supported(self):
        return True

    def validate_password(self, username, password):
        return (username, password) == (USER, PASSWORD)

    def public_key_auth_supported(self):
        return True

    def validate_public_key(self, username, key):
        return username == USER and key == self._place.client_key.convert_to_public()


class Files(asyncssh.SFTPServer):
    """The folder, with the disturbances a test asks for."""

    def __init__(self, place: Place, chan) -> None:
        super().__init__(chan, chroot=str(place.folder).encode())
        self._place = place

    async def _disturb(self, method: str) -> None:
        if self._place.breaks_at == method:
            for connection in self._place.connections:
                connection.abort()
        if method in (self._place.breaks_at, self._place.hangs_at):
            await asyncio.Event().wait()

    def open(self, path, pflags, attrs):
        file = super().open(path, pflags, attrs)
        self._place.files.append(file)
        return file

    async def write(self, file_obj, offset, data):
        await self._disturb("write")
        return super().write(file_obj, offset, data)

    async def read(self, file_obj, offset, size):
        await self._disturb("read")
        return super().read(file_obj, offset, size)

    async def posix_rename(self, oldpath, newpath):
        await self._disturb("rename")
        if not self._place.has_posix_rename:
            raise asyncssh.SFTPOpUnsupported("not here")
        return super().posix_rename(oldpath, newpath)

    async def rename(self, oldpath, newpath):
        await self._disturb("rename")
        return super().rename(oldpath, newpath)


@asynccontextmanager
async def sftp_server(place: Place) -> AsyncIterator[Place]:
    """`place`, served."""
    server = await asyncssh.create_server(
        partial(Server, place),
        "127.0.0.1",
        0,
        server_host_keys=[place.host_key],
        sftp_factory=partial(Files, place),
        allow_scp=False,
    )
    place.port = server.get_port()
    async with server:
        yield place
        for connection in place.connections:
            connection.abort()
        # Those of connections that broke in the middle.
        for file in place.files:
            file.close()
