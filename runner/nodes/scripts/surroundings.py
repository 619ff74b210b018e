"""What a script sees of the machine it runs on: a few names of the environment, never the runner's own settings."""

import os
from collections.abc import Mapping
from typing import Final

MARK: Final = "EXEKRA_SCRIPT"
"""Environment name that all programs started by one script inherit; its value is new for each run."""
_KEPT: Final = frozenset(
    {
        "APPDATA",
        "COMSPEC",
        "DBUS_SESSION_BUS_ADDRESS",
        "DISPLAY",
        # By it the agent finds what an execution left behind.
        "EXEKRA_ATTEMPT",
        "HOME",
        "HOMEDRIVE",
        "HOMEPATH",
        "LANG",
        "LANGUAGE",
        "LOCALAPPDATA",
        "LOGNAME",
        "NUMBER_OF_PROCESSORS",
        "OS",
        "PATH",
        "PATHEXT",
        "PROCESSOR_ARCHITECTURE",
        "PROGRAMDATA",
        "PROGRAMFILES",
        "PROGRAMFILES(X86)",
        "PSMODULEPATH",
        "SHELL",
        "SSL_CERT_DIR",
        "SSL_CERT_FILE",
        "SYSTEMDRIVE",
        "SYSTEMROOT",
        "TEMP",
        "TMP",
        "TMPDIR",
        "TZ",
        "USER",
        "USERNAME",
        "USERPROFILE",
        "WAYLAND_DISPLAY",
        "WINDIR",
        "XAUTHORITY",
        "XDG_RUNTIME_DIR",
    }
)
_PROXIES: Final = frozenset({"ALL_PROXY", "FTP_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"})


def surroundings(mark: str) -> dict[str, str]:
    """The environment of a script: known names only, so that nothing that is a secret elsewhere comes along."""
    return {**allowed_names(os.environ), MARK: mark}


def allowed_names(environment: Mapping[str, str]) -> dict[str, str]:
    """What of an environment a script may see. A proxy's address with a password in it is left out."""
    return {name: value for name, value in environment.items() if _is_allowed(name.upper(), value)}


def _is_allowed(name: str, value: str) -> bool:
    if name in _PROXIES:
        return "@" not in value
    return name in _KEPT or name.startswith("LC_")
