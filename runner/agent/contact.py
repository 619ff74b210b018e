"""What this runner last knew of the Hub, for the person who owns it. Decides nothing."""

from dataclasses import dataclass
from datetime import UTC, datetime

from runner.agent.live import Enrolment
from runner.agent.machine import MachineLoad


@dataclass(slots=True)
class Contact:
    """Instants are aware UTC, None while there was nothing."""

    connected_since: datetime | None = None
    """Start of the open session; None without one."""
    heard_at: datetime | None = None
    """When the Hub last said anything on the heartbeat stream."""
    trouble: str = ""
    """Why there is no session, in the words of what broke; empty while there is one."""
    enrolment: Enrolment | None = None
    """What the Hub said this runner is."""
    load: MachineLoad | None = None
    """As of the last beat."""

    def heard(self) -> None:
        """The Hub said something."""
        self.heard_at = datetime.now(UTC)

    def opened(self) -> None:
        """A session began."""
        self.connected_since, self.trouble = datetime.now(UTC), ""

    def lost(self, reason: str) -> None:
        """The session ended, or none could be opened."""
        self.connected_since, self.trouble = None, reason
