"""The first administrator of an empty Hub, from the settings or with a password made here.

A password made here is kept 0600 in the data folder; replicas that start together agree on one.
"""

import os
import secrets
from pathlib import Path

import structlog

from services.gateway.identity.users import NewUser, Users

log = structlog.get_logger()

FILE_NAME = "admin-password"


async def ensure_first_admin(users: Users, email: str, password: str, home: Path) -> None:
    """Does nothing when there is a user. Raises OSError when a password must be made and the folder is not writable."""
    if await users.any_user():
        return
    given = password or _made_password(home)
    if await users.create_first_admin(NewUser(email=email, name="Administrator", role="ADMIN", password=given)):
        where = "as given in EXEKRA_ADMIN_PASSWORD" if password else str(home / FILE_NAME)
        log.info("first administrator made", email=email, password_stands=where)


def _made_password(home: Path) -> str:
    """Written by the first of several replicas that share the folder; the others read it."""
    path = home / FILE_NAME
    made = secrets.token_urlsafe(18)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(made + "\n")
    return made
