"""What a kind of trigger does for TriggerService, which owns everything that kinds have in common."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from exekra.scheduler.v1 import trigger_pb2
from services.scheduler.triggers.model import Changed, Kind, Trigger

if TYPE_CHECKING:
    from services.kit.postgres import Connection


NOTHING: Mapping[Kind, Any] = {Kind.SCHEDULE: trigger_pb2.ScheduleSpec(), Kind.WEBHOOK: trigger_pb2.WebhookSpec()}
"""The spec of a change that leaves the details alone."""


class TriggerKind(Protocol):
    """All calls but `describe` come inside the transaction that changes the trigger, whose row is locked.

    `spec` is the kind's own message: ScheduleSpec or WebhookSpec.
    """

    async def create(self, connection: "Connection", trigger: Trigger, spec: Any) -> str:
        """Stores the details of a new trigger; answers the secret to be shown once, or "".

        Raises a DomainError that names the members as the API does (`/cron`, `/auth/secret`).
        """
        ...

    async def update(
        self, connection: "Connection", old: Trigger, new: Trigger, spec: Any, clear: Sequence[str]
    ) -> Changed:
        """Called for every change, `new` is stored already. An empty spec changes nothing, `clear` empties members."""
        ...

    async def rotate(self, connection: "Connection", trigger: Trigger) -> str:
        """A new secret, the old one still valid for a while. Raises NO_SECRET."""
        ...

    async def describe(self, connection: "Connection", messages: Mapping[str, trigger_pb2.Trigger]) -> None:
        """Writes the details of these triggers (by id) into their messages."""
        ...
