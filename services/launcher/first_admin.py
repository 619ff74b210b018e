"""The first administrator's password: given, or made once and kept where only this account can read it.

The gateway creates the account, and only while there is no user; a changed password is not known here.
"""

import secrets
from dataclasses import dataclass
from typing import Final

from services.launcher.home import Home, write_private_file
from services.launcher.settings import LauncherSettings

GIVEN_MARK: Final = "admin-password-was-given"
PASSWORD_BYTES: Final = 18


@dataclass(frozen=True)
class FirstAdmin:
    """`password` is empty when it was given at an earlier start and is not given now; `fresh` when made just now."""

    email: str
    password: str
    fresh: bool = False


def first_admin(home: Home, settings: LauncherSettings) -> FirstAdmin:
    """The address and password that the gateway uses if there is no user yet."""
    mark = home.secrets / GIVEN_MARK
    given = settings.admin_password.get_secret_value()
    if given:
        write_private_file(mark, b"")
        return FirstAdmin(settings.admin_email, given)
    if home.admin_password.exists():
        return FirstAdmin(settings.admin_email, home.admin_password.read_text().strip())
    if mark.exists():
        return FirstAdmin(settings.admin_email, "")
    made = secrets.token_urlsafe(PASSWORD_BYTES)
    write_private_file(home.admin_password, f"{made}\n".encode())
    return FirstAdmin(settings.admin_email, made, fresh=True)
