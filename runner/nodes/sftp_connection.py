"""A connection to an SFTP server: whom it trusts, how it signs in, and the words for every way it can fail."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Self

from pydantic import Field, model_validator

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure
from runner.nodes.fields import Secret
from runner.nodes.paths import file_errors, resolve_path
from runner.workflow.documents import Json

if TYPE_CHECKING:
    import asyncssh

CONNECT_SECONDS: Final = 30.0
KEEPALIVE_SECONDS: Final = 15.0
CLOSE_SECONDS: Final = 5.0
_FINGERPRINT: Final = re.compile(r"SHA256:[A-Za-z0-9+/]{43}=?")


class SftpServer(NodeConfig):
    """Which server, how it proves who it is, and how to sign in."""

    host: str = Field(min_length=1, title="Host", description="Name or address of the server.")
    port: int = Field(default=22, ge=1, le=65_535, title="Port", description="Where the server listens.")
    username: str = Field(min_length=1, title="User", description="May be an expression on credentials.")
    password: Secret | None = Field(default=None, title="Password", description="Use an expression on credentials.")
    private_key: Secret | None = Field(
        default=None,
        title="Private key",
        description="The key's text (OpenSSH or PEM); use an expression on credentials.",
    )
    passphrase: Secret | None = Field(default=None, title="Passphrase", description="Of the private key.")
    fingerprint: str | None = Field(
        default=None,
        title="Fingerprint",
        description="SHA256:… of the server's key, as ssh-keygen -lf or the server's owner tells it.",
    )
    known_hosts: str | None = Field(
        default=None, min_length=1, title="Known hosts", description="Instead: a file in the format of OpenSSH."
    )

    @model_validator(mode="after")
    def _proves_itself(self) -> Self:
        if (self.fingerprint is None) == (self.known_hosts is None):
            raise ValueError(
                "give the server's fingerprint or a file of known hosts: without one, anybody could answer"
            )
        if self.fingerprint is not None and not _FINGERPRINT.fullmatch(self.fingerprint.strip()):
            raise ValueError("a fingerprint looks like SHA256: and 43 letters and digits (ssh-keygen -lf)")
        if self.password is None and self.private_key is None:
            raise ValueError("give a password or a private key")
        return self


@asynccontextmanager
async def open_sftp(server: SftpServer, context: NodeContext) -> AsyncIterator["asyncssh.SFTPClient"]:
    """A client of this server. Raises NodeFailure SFTP_*. Nothing of the account's own SSH settings is used."""
    import asyncssh  # noqa: PLC0415 - executions without SFTP should not pay for it

    trust = _Trust(server.fingerprint)
    options: dict[str, Any] = {
        "username": server.username,
        "password": server.password,
        "client_keys": _keys(server),
        "known_hosts": await _known_hosts(server, context),
        "client_factory": trust.client,
        "config": None,
        "agent_path": None,
        "gss_host": None,
        "x509_trusted_certs": None,
        "connect_timeout": CONNECT_SECONDS,
        "login_timeout": CONNECT_SECONDS,
        "keepalive_interval": KEEPALIVE_SECONDS,
    }
    with _connection_failures(server, trust):
        connection = await asyncssh.connect(server.host, server.port, **options)
        try:
            yield await connection.start_sftp_client()
            connection.close()
        except BaseException:
            # A server that hangs would not answer a farewell either.
            connection.abort()
            raise
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await connection.wait_closed()
            connection.abort()


class _Trust:
    """Trusts the one key with this fingerprint, and remembers what the server showed instead."""

    def __init__(self, fingerprint: str | None) -> None:
        self._wanted = None if fingerprint is None else fingerprint.strip().rstrip("=")
        self.shown = ""

    def client(self) -> "asyncssh.SSHClient":
        """The library's callbacks of one connection."""
        import asyncssh  # noqa: PLC0415 - see above

        trust = self

        class Client(asyncssh.SSHClient):
            def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:  # noqa: ARG002 - the library's signature
                trust.shown = key.get_fingerprint()
                return trust.shown == trust._wanted

        return Client()


def _keys(server: SftpServer) -> list["asyncssh.SSHKey"] | None:
    import asyncssh  # noqa: PLC0415 - see above

    if server.private_key is None:
        return None
    try:
        return [asyncssh.import_private_key(server.private_key, server.passphrase)]
    except asyncssh.KeyEncryptionError as error:
        raise NodeFailure(
            "SFTP_KEY_INVALID", f"The private key stays closed: {error}. Check its passphrase."
        ) from error
    except (asyncssh.KeyImportError, ValueError) as error:
        raise NodeFailure(
            "SFTP_KEY_INVALID", "The private key cannot be read; give the whole text of the file, with its first line."
        ) from error


async def _known_hosts(server: SftpServer, context: NodeContext) -> Any:
    import asyncssh  # noqa: PLC0415 - see above

    if server.known_hosts is None:
        return ([], [], [])
    path = resolve_path(context, server.known_hosts)
    with file_errors(path):
        try:
            return await asyncio.to_thread(asyncssh.read_known_hosts, str(path))
        except ValueError as error:
            raise NodeFailure("SFTP_KNOWN_HOSTS_INVALID", f"{path} is no file of known hosts: {error}.") from error


@contextmanager
def _connection_failures(server: SftpServer, trust: _Trust) -> Iterator[None]:
    """Failures of connecting and signing in, and whatever broke the connection later."""
    import asyncssh  # noqa: PLC0415 - see above

    place = f"{server.host}:{server.port}"
    try:
        yield
    except asyncssh.HostKeyNotVerifiable as error:
        details: dict[str, Json] = {"fingerprint": trust.shown} if trust.shown else {}
        shown = f" It shows the key {trust.shown}: ask its owner whether that is right." if trust.shown else ""
        advice = "" if shown else f" {error.reason}."
        raise NodeFailure("SFTP_UNTRUSTED", f"{place} cannot be trusted.{shown}{advice}", details=details) from error
    except asyncssh.PermissionDenied as error:
        raise NodeFailure(
            "SFTP_LOGIN_FAILED", f"{place} refuses the sign-in of {server.username}; check user, password and key."
        ) from error
    except asyncssh.ChannelOpenError as error:
        raise NodeFailure("SFTP_REFUSED", f"{place} offers no SFTP: {error.reason}.") from error
    except TimeoutError as error:
        raise NodeFailure("SFTP_TIMEOUT", f"{place} does not answer; try again later.", retryable=True) from error
    except asyncssh.SFTPConnectionLost as error:
        raise NodeFailure(
            "SFTP_CONNECTION_LOST", f"The connection to {place} broke; try again.", retryable=True
        ) from error
    except asyncssh.DisconnectError as error:
        raise NodeFailure("SFTP_CONNECTION_LOST", f"{place} broke off: {error.reason}.", retryable=True) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise NodeFailure("SFTP_UNREACHABLE", f"{place} cannot be reached: {reason}.", retryable=True) from error


@asynccontextmanager
async def time_limit(seconds: float) -> AsyncIterator[None]:
    """Ends what takes longer. Raises NodeFailure SFTP_TIMEOUT."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise NodeFailure(
            "SFTP_TIMEOUT",
            f"It did not end within {seconds:g} s; try again later or raise the timeout.",
            retryable=True,
        ) from error


def told_time(seconds: float | None) -> Json:
    """A time of a file as outputs tell it; null when the server does not."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


@contextmanager
def remote_errors(path: str) -> Iterator[None]:
    """Turn the server's refusal of something into a NodeFailure that names the path. A lost connection passes."""
    import asyncssh  # noqa: PLC0415 - see above

    try:
        yield
    except asyncssh.SFTPConnectionLost:
        raise
    except asyncssh.SFTPError as error:
        raise _remote_failure(error, path) from error


def _remote_failure(error: "asyncssh.SFTPError", path: str) -> NodeFailure:
    import asyncssh  # noqa: PLC0415 - see above

    details: dict[str, Json] = {"path": path}
    match error:
        case asyncssh.SFTPNoSuchFile() | asyncssh.SFTPNoSuchPath():
            return NodeFailure("SFTP_NOT_FOUND", f"{path} does not exist on the server.", details=details)
        case asyncssh.SFTPPermissionDenied() | asyncssh.SFTPWriteProtect():
            return NodeFailure("SFTP_ACCESS_DENIED", f"The server does not allow it: {path}.", details=details)
        case asyncssh.SFTPNoSpaceOnFilesystem() | asyncssh.SFTPQuotaExceeded():
            return NodeFailure("SFTP_SERVER_FULL", f"{path}: the server is full.", retryable=True, details=details)
        case asyncssh.SFTPFileAlreadyExists():
            return NodeFailure("SFTP_EXISTS", f"{path} exists already on the server.", details=details)
        case asyncssh.SFTPFileIsADirectory():
            return NodeFailure("SFTP_IS_FOLDER", f"{path} is a folder; name a file.", details=details)
    reason = error.reason or type(error).__name__
    return NodeFailure("SFTP_FAILED", f"{path}: the server says {reason!r}.", details=details)
