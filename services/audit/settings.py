"""What the audit service reads from the environment."""

from pathlib import Path

from services.kit.settings import ServiceSettings


class AuditSettings(ServiceSettings):
    """Defaults are the specification's; tests shorten the intervals."""

    checkpoint_rows: int = 1_000
    """A checkpoint is due after so many new rows."""
    checkpoint_seconds: float = 300.0
    """A checkpoint is due after so long, if there is any new row."""
    checkpoint_poll_seconds: float = 5.0
    """How often it is looked whether a checkpoint is due."""

    @property
    def checkpoint_folder(self) -> Path:
        """Where the signing key and the copies of the checkpoints lie: outside the database."""
        return self.home / "audit"
