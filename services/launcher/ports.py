"""TCP ports on the loopback interface: which are free, and which were chosen before."""

import errno
import json
import socket
from pathlib import Path

from services.launcher.errors import LaunchRefusedError
from services.launcher.home import write_private_file


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on the port now. Connections that linger in TIME_WAIT do not count."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def require_free(port: int, variable: str, host: str = "0.0.0.0") -> None:  # noqa: S104 - what the service binds
    """Refuse a port that is taken, naming the variable that moves it.

    Raises:
        LaunchRefusedError: somebody listens there, or the account may not.
    """
    if not is_free(port, host):
        raise LaunchRefusedError(
            f"Port {port} is taken by another program or closed to this account: "
            f"free it, or choose another one with {variable}."
        )


def kept_port(record: Path, name: str) -> int:
    """The port chosen for the name at an earlier start if it is free, else a new one, remembered in `record`."""
    chosen: dict[str, int] = json.loads(record.read_bytes()) if record.exists() else {}
    port = chosen.get(name)
    if port is None or not is_free(port):
        port = free_port()
        write_private_file(record, json.dumps({**chosen, name: port}).encode())
    return port
