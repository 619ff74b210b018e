"""The settings of a Hub that runs as a service: a file that systemd reads and a shell can source. It holds no secrets.

What the environment says goes into the file; lines about anything else stay, so that a person may keep settings there.
"""

import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from runner.agent.settings import PREFIX as RUNNER_PREFIX
from runner.service.definition import SECRET_NAMES as RUNNER_SECRETS
from runner.service.definition import ServiceError
from services.kit.settings import PREFIX
from services.launcher.home import make_private_folder, write_private_file
from services.launcher.settings import hub_models, misspelt_names

HEADER = "# Settings of the Hub that runs as a service. After a change: exekra service install\n"
_FILE = "_FILE"
_ASSIGNMENT = re.compile(r"\s*(EXEKRA_\w+)=")
_ESCAPED = re.compile(r'[\\"$`]')


def settings_to_keep(environment: Mapping[str, str], home: Path) -> dict[str, str]:
    """The Hub's own settings of an environment, paths made absolute; what only the command line reads is left out.

    Raises ServiceError for a secret, which must come from a file of its own, and for what no line can hold.
    """
    fields = {f"{PREFIX}{name.upper()}": field for model in hub_models() for name, field in model.model_fields.items()}
    unknown = set(misspelt_names(environment))
    kept = {}
    for name, value in sorted(environment.items()):
        field = fields.get(name.removesuffix(_FILE)) or fields.get(name)
        of_runner = name.startswith(RUNNER_PREFIX) and name not in fields
        if not name.startswith(PREFIX) or name in unknown or not value or (field is None and not of_runner):
            continue
        if not value.isprintable():
            raise ServiceError(f"{name} holds characters that a file of settings cannot keep.")
        secret = name in RUNNER_SECRETS or (name in fields and fields[name].annotation is SecretStr)
        if secret and not _is_open_address(value):
            raise ServiceError(
                f"{name} is a secret, and a service's settings are no place for one: write it into a file of mode "
                f"0600, name that by {name}{_FILE}, and unset {name}."
            )
        is_path = name.endswith(_FILE) or (field is not None and "Path" in str(field.annotation))
        kept[name] = str(Path(value).expanduser().absolute()) if is_path else value
    return kept | {f"{PREFIX}HOME": str(home)}


def merged(present: str, kept: Mapping[str, str]) -> str:
    """The file's text with these settings in it: in place of their lines, else at the end."""
    left = dict(kept)
    lines = []
    for line in present.splitlines():
        found = _ASSIGNMENT.match(line)
        if found is None or found[1] not in kept:
            lines.append(line)
        elif found[1] in left:
            lines.append(_line(found[1], left.pop(found[1])))
    lines += [_line(name, value) for name, value in left.items()]
    return ("" if present else HEADER) + "\n".join(lines) + "\n"


def value_of(text: str, name: str) -> str | None:
    """What the file says of a name. Raises ServiceError for a line that cannot be read."""
    found = None
    for line in text.splitlines():
        if (match := _ASSIGNMENT.match(line)) and match[1] == name:
            try:
                found = "".join(shlex.split(line[match.end() :]))
            except ValueError as error:
                raise ServiceError(f"The service's settings cannot be read: {error} in {line!r}.") from None
    return found


def write_settings(path: Path, text: str, owner: tuple[int, int] | None) -> None:
    """Write the file, private to `owner` (uid and gid), or to us; its folder is made. Raises ServiceError."""
    try:
        fresh = not path.parent.exists()
        make_private_folder(path.parent)
        write_private_file(path, text.encode())
        for made in ([path.parent] if fresh else []) + [path]:
            if owner is not None:
                os.chown(made, *owner)
    except OSError as error:
        raise ServiceError(f"{path} cannot be written: {error.strerror}.") from None


def _line(name: str, value: str) -> str:
    """As systemd and a shell read it alike."""
    return f'{name}="{_ESCAPED.sub(lambda found: chr(92) + found[0], value)}"'


def _is_open_address(value: str) -> bool:
    """Whether a setting that may hold a password holds none: `none`, or an address without one."""
    if value == "none":
        return True
    try:
        parts = urlsplit(value)
        return bool(parts.scheme and parts.hostname) and not parts.password and "password" not in parts.query
    except ValueError:
        return False
