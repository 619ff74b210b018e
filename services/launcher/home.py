"""The data folder of one Hub: where everything lies, who may read it, and the lock that makes it one Hub per folder.

It owns paths, permissions and the lock. It does not own what is inside the files.
"""

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.launcher.errors import LaunchRefusedError

PRIVATE_FOLDER: Final = 0o700
PRIVATE_FILE: Final = 0o600

# sun_path holds 104 bytes on macOS and 108 on Linux, the closing NUL included.
LONGEST_SOCKET_PATH: Final = 100
LONGEST_SOCKET_NAME: Final = len("/.s.PGSQL.5432.lock")


@dataclass(frozen=True)
class Home:
    """The layout of a data folder. Every folder is made with mode 0700 by `open_home`."""

    root: Path
    sockets: Path

    @property
    def postgres(self) -> Path:
        """The data directory of the embedded Postgres."""
        return self.root / "postgres"

    @property
    def secrets(self) -> Path:
        """Keys and passwords, one 0600 file each."""
        return self.root / "secrets"

    @property
    def tls(self) -> Path:
        """The local certificate authority and the server certificate."""
        return self.root / "tls"

    @property
    def logs(self) -> Path:
        """One log file per process."""
        return self.root / "logs"

    @property
    def processes(self) -> Path:
        """One file per running process, so that a later start finds leftovers."""
        return self.root / "processes"

    @property
    def runner(self) -> Path:
        """The data folder of the runner that is started together with the Hub."""
        return self.root / "runner"

    @property
    def admin_password(self) -> Path:
        """The first admin's generated password."""
        return self.root / "admin-password"

    @property
    def lock(self) -> Path:
        """Locked by the supervisor for as long as it lives."""
        return self.root / "lock"

    @property
    def ports(self) -> Path:
        """Ports that were chosen by the launcher and are kept from start to start."""
        return self.root / "ports.json"

    def socket(self, name: str) -> Path:
        """The path of the named Unix socket."""
        return self.sockets / f"{name}.sock"


def open_home(root: Path) -> Home:
    """Make the data folder and its parts if they are missing, and close them to other accounts.

    Raises:
        LaunchRefusedError: the folder cannot be made or belongs to another account.
    """
    root = root.expanduser().absolute()
    try:
        make_private_folder(root)
        for name in ("secrets", "tls", "logs", "processes", "runner"):
            make_private_folder(root / name)
        return Home(root=root, sockets=_socket_folder(root))
    except OSError as error:
        raise LaunchRefusedError(
            f"The data folder {root} cannot be used ({error.strerror}): choose another one with EXEKRA_HOME, "
            "or run as the account that owns it."
        ) from error


def make_private_folder(path: Path) -> None:
    """Make a folder that only this account can enter; an existing one is closed."""
    path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    if path.stat().st_mode & 0o777 != PRIVATE_FOLDER:
        path.chmod(PRIVATE_FOLDER)


def write_private_file(path: Path, content: bytes) -> None:
    """Write a 0600 file so that a crash leaves either the old content or the new one, on disk."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp makes it 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def hold_home(home: Home) -> Iterator[None]:
    """Hold the data folder for this process; the kernel lets go of it however the process ends.

    Raises:
        LaunchRefusedError: another Hub runs in this folder; its process id is named.
    """
    descriptor = os.open(home.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LaunchRefusedError(
                f"A Hub already runs in {home.root} (process {holder(home) or 'unknown'}): stop it with `make down`, "
                "or choose another folder with EXEKRA_HOME."
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps({"pid": os.getpid()}).encode(), 0)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def holder(home: Home) -> int | None:
    """The process id of the supervisor that holds the folder, None if nobody does."""
    try:
        descriptor = os.open(home.lock, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        written = os.pread(descriptor, 4096, 0)
        return int(json.loads(written)["pid"]) if written else None
    else:
        return None
    finally:
        os.close(descriptor)


def close_sockets(home: Home) -> None:
    """Remove what is left of the sockets, and their folder if it stands outside the data folder."""
    if home.sockets.parent != home.root:
        shutil.rmtree(home.sockets, ignore_errors=True)
        (home.root / "sockets-folder").unlink(missing_ok=True)


def _socket_folder(root: Path) -> Path:
    """A private folder with paths short enough for sockets: in the data folder, else a remembered temporary one."""
    inside = root / "run"
    if len(os.fsencode(inside)) + LONGEST_SOCKET_NAME <= LONGEST_SOCKET_PATH:
        make_private_folder(inside)
        return inside
    record = root / "sockets-folder"
    if record.exists():
        remembered = Path(record.read_text())
        # The temporary folder is open to everybody: believe only a real folder of our own.
        if remembered.is_dir() and not remembered.is_symlink() and remembered.stat().st_uid == os.geteuid():
            make_private_folder(remembered)
            return remembered
    made = Path(tempfile.mkdtemp(prefix="exekra-", dir="/tmp"))  # TMPDIR may be long as well
    write_private_file(record, os.fsencode(made))
    return made
