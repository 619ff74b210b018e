"""Random secrets of one Hub: made at the first start, one 0600 file each, never shown.

The first admin's password is a person's affair and lives in `first_admin`.
"""

import secrets
from pathlib import Path
from typing import Final

from services.launcher.home import write_private_file

BYTES: Final = 32


def kept_secret(folder: Path, name: str) -> str:
    """The named secret, made if there is none: 256 random bits in letters, digits, `-` and `_`."""
    path = folder / name
    try:
        return path.read_text()
    except FileNotFoundError:
        return write_secret(folder, name, secrets.token_urlsafe(BYTES))


def kept_key(folder: Path, name: str) -> str:
    """The named encryption key, made if there is none: 256 random bits as 64 hexadecimal digits."""
    path = folder / name
    try:
        return path.read_text()
    except FileNotFoundError:
        return write_secret(folder, name, secrets.token_hex(BYTES))


def write_secret(folder: Path, name: str, value: str) -> str:
    """Keep a value that is known already (an address with a password in it) and answer it."""
    write_private_file(folder / name, value.encode())
    return value
