"""Puts events out together: the RPC servicer of the first process, and the pump of the loops."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from services.kit.outbound import Outbound
from services.kit.outbox import Outbox
from services.kit.rpc_server import Registration
from services.scheduler.delivery.rpc import registration
from services.scheduler.delivery.sender import Sender
from services.scheduler.delivery.use_cases import Endpoints

if TYPE_CHECKING:
    from services.kit.postgres import Pool
    from services.scheduler.settings import SchedulerSettings


@asynccontextmanager
async def open_sender(settings: "SchedulerSettings") -> AsyncIterator[Sender]:
    """What sends, with the vault key and the addresses of the settings. Raises SealingError without a vault key."""
    async with Outbound() as public, Outbound(settings.private_endpoints) as permitted:
        yield Sender(public, permitted, settings.sealer, answer_seconds=settings.delivery_answer_seconds)


def delivery_registration(pool: "Pool", outbox: Outbox, sender: Sender, settings: "SchedulerSettings") -> Registration:
    """EventEndpointService."""
    endpoints = Endpoints(outbox, settings.sealer, settings.private_endpoints)
    return registration(pool, endpoints, sender, settings.delivery_window_seconds)
