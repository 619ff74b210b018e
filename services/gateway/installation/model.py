"""The installation's settings. Plain data, no I/O."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class InstallationSettings:
    """`name` None: nobody has named it. `time_zone` is an IANA name; None: everybody's own."""

    installation_id: str
    name: str | None
    time_zone: str | None
    revision: int
    updated_at: datetime

    @property
    def etag(self) -> str:
        """Changes with everything a person can change."""
        return f"{self.installation_id}.{self.revision}"


@dataclass(frozen=True, slots=True)
class SettingsChange:
    """What the settings are to become; `fields` are the ones that were given, the others stay as they are."""

    fields: frozenset[str]
    name: str | None = None
    time_zone: str | None = None
