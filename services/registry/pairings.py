"""One-time pairing tokens and the command that carries them."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from services.registry import credentials, repository

if TYPE_CHECKING:
    from services.kit.postgres import Connection


@dataclass(frozen=True, slots=True)
class Pairing:
    """A one-time token and the command that uses it."""

    token: str
    expires_at: datetime
    command: str


class Pairings:
    """Makes one-time tokens."""

    def __init__(self, commands: credentials.PairingCommands, seconds: float) -> None:
        self._commands = commands
        self._seconds = seconds

    async def create(self, connection: "Connection", runner_id: str) -> Pairing:
        """In the caller's transaction."""
        token = credentials.make_pairing_token()
        expires_at = await connection.fetchval(
            repository.INSERT_PAIRING, credentials.digest(token), runner_id, self._seconds
        )
        return Pairing(token=token, expires_at=expires_at, command=self._commands.write(token))
