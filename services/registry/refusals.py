"""Audit events for refused runners, kept from filling the log when a machine keeps knocking."""

import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from services.kit.errors import DomainError
from services.kit.identity import Principal
from services.kit.outbox import Outbox, Resource
from services.registry.model import Runner

if TYPE_CHECKING:
    from services.kit.postgres import Pool

REPEAT_SECONDS = 60.0
"""The same refusal of the same address is recorded once in this time."""
REMEMBERED = 1_000


class RefusalLog:
    """Records a refusal unless the same one was recorded just now."""

    def __init__(self, pool: "Pool", outbox: Outbox) -> None:
        self._pool = pool
        self._outbox = outbox
        self._recorded: OrderedDict[tuple[str, str, str], float] = OrderedDict()

    async def record(self, error: DomainError, runner: Runner | None, ip: str, claimed: str) -> None:
        """`claimed` is what an unknown caller called itself (a machine key, a host name), never a secret."""
        name = runner.name if runner else claimed[:100]
        if not self._is_news((error.reason, runner.id if runner else "", ip)):
            return
        actor = Principal(kind="runner", id=runner.id if runner else "", name=name, ip=ip)
        async with self._pool.acquire() as connection, connection.transaction():
            resource = Resource("runner", actor.id, name)
            await self._outbox.record(connection, "runner.refused", resource, {"reason": error.reason}, actor=actor)

    def _is_news(self, refusal: tuple[str, str, str]) -> bool:
        now = time.monotonic()
        last = self._recorded.get(refusal)
        if last is not None and now - last < REPEAT_SECONDS:
            return False
        self._recorded[refusal] = now
        self._recorded.move_to_end(refusal)
        if len(self._recorded) > REMEMBERED:
            self._recorded.popitem(last=False)
        return True
