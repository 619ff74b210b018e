"""As whom Postgres runs: it refuses uid 0, so root needs another identity for it. No account is ever created.

First choice is a user namespace in which root is called 65534: nothing changes hands, files stay root's. Where
namespaces are forbidden (most containers) an existing unprivileged account is used, with the one capability that lets
it reach a data folder below folders closed to it. Its binaries it must reach by itself: Postgres asks access(2), which
looks away from capabilities.
"""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from services.launcher.errors import LaunchRefusedError

OVERFLOW_ID: Final = 65534
KNOWN_ACCOUNTS: Final = ("postgres", "nobody", "daemon")


@dataclass(frozen=True)
class Account:
    """How to start a program as an account that Postgres accepts, and the uid its files must belong to."""

    prefix: tuple[str, ...]
    owner: int

    def own(self, folder: Path) -> None:
        """Hand the folder and all in it to this account, if it belongs to somebody else (root only)."""
        if folder.stat().st_uid == self.owner:
            return
        if os.geteuid() != 0:
            raise LaunchRefusedError(
                f"{folder} belongs to another account: run as that account, or choose another EXEKRA_HOME."
            )
        group = pwd.getpwuid(self.owner).pw_gid if self.owner else 0
        for parent, _, files in os.walk(folder):
            os.chown(parent, self.owner, group)
            for file in files:
                os.chown(Path(parent, file), self.owner, group, follow_symlinks=False)


@cache
def choose_account(program: Path) -> Account:
    """The way to run the program here: directly, or as root by a user namespace or an existing account.

    Raises:
        LaunchRefusedError: root may do neither.
    """
    if os.geteuid() != 0:
        return Account(prefix=(), owner=os.geteuid())
    inside = namespaced()
    if inside and _succeeds(*inside.prefix, "true"):
        return inside
    account = existing_account()
    if account and _succeeds(*account.prefix, "true"):
        if may_execute(account, program):
            return account
        name = pwd.getpwuid(account.owner).pw_name
        raise LaunchRefusedError(
            f"Postgres does not run as root, user namespaces are forbidden, and {name} may not enter the folder of "
            f"{program}: move this installation to an open folder (/opt, /srv), run as a normal user, or give a server "
            "with EXEKRA_DATABASE_URL."
        )
    raise LaunchRefusedError(
        "Postgres does not run as root, and neither user namespaces nor an unprivileged account can be used here: "
        "run as a normal user, or give a server with EXEKRA_DATABASE_URL."
    )


def namespaced() -> Account | None:
    """Root in a user namespace where its name is 65534; None without `unshare`."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return None
    return Account(prefix=(unshare, "--user", f"--map-user={OVERFLOW_ID}", f"--map-group={OVERFLOW_ID}"), owner=0)


def existing_account() -> Account | None:
    """An unprivileged account of this machine, entered by `setpriv`; None without one."""
    setpriv = shutil.which("setpriv")
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = next((known[name] for name in KNOWN_ACCOUNTS if name in known), None)
    if setpriv is None or entry is None:
        return None
    identity = (f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups")
    reach = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")
    return Account(prefix=(setpriv, *identity, *reach), owner=entry.pw_uid)


def may_execute(account: Account, program: Path) -> bool:
    """Whether the account reaches the program without any capability."""
    plain = [part for part in account.prefix if "-caps=" not in part]
    return _succeeds(*plain, "test", "-x", str(program))


def _succeeds(*command: str) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0  # noqa: S603 - our own argv
