"""Where the parts of a Hub lie that are no rows: artifacts, the audit log's checkpoints, certificates, keys.

A Hub of `exekra up` has them in one data folder. One of containers has a volume for each service; mounted beside each
other under one folder they are found as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.launcher.pairing import RUNNER

# What runners and browsers trust, and what the audit log's checkpoints are verified with. Not the vault key, and not
# passwords of the database, which are made anew.
AUTHORITY_FILES: Final = ("ca.pem", "ca.key")
# A first administrator who relies on the password that the Hub made up must still find it.
ADMIN_PASSWORD: Final = "admin-password"  # noqa: S105 - a name
# What the licence is stored under: it guards against copying rows, not against who holds the backup.
INSTALLATION_KEY: Final = "installation-key"
AUDIT_FILES: Final = ("checkpoint.key", "checkpoints.jsonl")


@dataclass(frozen=True)
class Places:
    """`files` maps a name in the archive to the file; they are small and private. A file may be missing."""

    artifacts: Path
    vault_key: Path
    files: Mapping[str, Path]


def places_of_home(home: Path) -> Places:
    """Of a Hub in one data folder."""
    files = _files(tls=home / "tls", audit=home / "audit")
    return Places(
        artifacts=home / "artifacts",
        vault_key=home / "secrets" / "vault-key",
        files={
            **files,
            "runner.json": home / "secrets" / RUNNER,
            INSTALLATION_KEY: home / "secrets" / INSTALLATION_KEY,
            ADMIN_PASSWORD: home / "admin-password",
        },
    )


def places_of_volumes(folder: Path) -> Places:
    """Of a Hub in containers: the volumes `authority`, `audit` and `scheduler` of docker-compose.yml, mounted in it."""
    authority = folder / "authority"
    files = {
        **_files(tls=authority / "public", audit=folder / "audit" / "audit"),
        **{f"internal-{name}": authority / "internal" / name for name in AUTHORITY_FILES},
        INSTALLATION_KEY: authority / INSTALLATION_KEY,
    }
    return Places(
        artifacts=folder / "scheduler" / "artifacts",
        vault_key=authority / "vault-key",
        files=files,
    )


def _files(tls: Path, audit: Path) -> dict[str, Path]:
    return {
        **{f"tls-{name}": tls / name for name in AUTHORITY_FILES},
        **{f"audit-{name}": audit / name for name in AUDIT_FILES},
    }
