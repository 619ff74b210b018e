"""The stored sign-in: server, certificate authority, and an API key or a session. One 0600 file of this account."""

import json
import os
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import typer

from services.cli.errors import CliError
from services.cli.settings import CliSettings

FILE = "login.json"


@dataclass(frozen=True, slots=True)
class Profile:
    """How to reach a Hub and as whom. `authority` is PEM text, empty for the system's certificates.

    Either `api_key` is set, or `cookie`, `session` and `csrf_token`, or nothing (not signed in).
    """

    url: str
    authority: str = ""
    api_key: str = ""
    cookie: str = ""
    session: str = ""
    csrf_token: str = ""

    @property
    def signed_in(self) -> bool:
        """True when calls carry a credential."""
        return bool(self.api_key or self.session)


def profile_path() -> Path:
    """Where the sign-in is kept: the account's folder for settings."""
    return Path(typer.get_app_dir("exekra")) / FILE


def load_profile(settings: CliSettings) -> Profile:
    """The environment's server and key before the stored ones; without either the Hub on this machine.

    Raises CliError when a file that is named cannot be read.
    """
    stored = _read(profile_path())
    if settings.url and (stored is None or stored.url != settings.url.rstrip("/")):
        stored = Profile(settings.url.rstrip("/"))  # a key must not go to another server
    profile = stored or Profile(settings.local_url)
    if settings.ca is not None:
        profile = replace(profile, authority=read_text(settings.ca))
    elif not profile.authority and profile.url == settings.local_url and settings.local_authority.exists():
        profile = replace(profile, authority=read_text(settings.local_authority))
    key = settings.api_key.get_secret_value()
    return replace(profile, api_key=key, cookie="", session="", csrf_token="") if key else profile


def save_profile(profile: Profile) -> Path:
    """Keeps the sign-in, readable by this account alone; answers where."""
    path = profile_path()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{FILE}.")  # mkstemp makes it 0600
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(profile), file)
    Path(name).replace(path)
    return path


def forget_profile() -> bool:
    """Removes the stored sign-in; False when there was none."""
    path = profile_path()
    there = path.exists()
    path.unlink(missing_ok=True)
    return there


def read_text(path: Path) -> str:
    """A file's text. Raises CliError when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CliError(f"{path} cannot be read: {error}") from None


def _read(path: Path) -> Profile | None:
    if not path.exists():
        return None
    try:
        return Profile(**json.loads(read_text(path)))
    except (ValueError, TypeError):
        raise CliError(f"{path} is damaged. Remove it, then sign in again: exekra login") from None
