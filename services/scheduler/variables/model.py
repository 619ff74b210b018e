"""Global variables as plain data."""

from dataclasses import dataclass
from datetime import datetime

from services.scheduler.executions.model import Actor

NAME_PATTERN = r"[A-Za-z_][A-Za-z0-9_]{0,63}"
MAXIMUM_VALUE_BYTES = 64 * 1024
MAXIMUM_VARIABLES = 1_000


@dataclass(frozen=True, slots=True)
class Variable:
    """One named value; `value` is JSON as it was given."""

    id: str
    name: str
    description: str
    value: bytes
    revision: int
    created_at: datetime
    updated_at: datetime
    created_by: Actor

    @property
    def etag(self) -> str:
        """Of this state."""
        return f"v{self.revision}"


@dataclass(frozen=True, slots=True)
class User:
    """A workflow whose published version reads a variable."""

    workflow_id: str
    name: str
