"""Events out at work: sends what is due by HTTP and mail, watches runners come and go, forgets what is old."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

from services.kit.loops import every
from services.kit.postgres import open_pool
from services.scheduler.delivery import queue
from services.scheduler.delivery.compose import open_sender
from services.scheduler.delivery.pump import Pump
from services.scheduler.delivery.retention import forget_deliveries
from services.scheduler.evidence.bell import Bell
from services.scheduler.notifications.postman import Postman

if TYPE_CHECKING:
    from services.kit.postgres import Pool
    from services.scheduler.settings import SchedulerSettings

CONNECTIONS: Final = 6
"""Of its own: many deliveries at once must not keep the reaper from the database."""
RUNNERS_SECONDS: Final = 5.0


@asynccontextmanager
async def open_delivery(
    settings: "SchedulerSettings", stop: asyncio.Event
) -> AsyncIterator[Sequence[Callable[[], Awaitable[object]]]]:
    """What has to run until `stop`."""
    dsn = settings.database_url.get_secret_value()
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(open_pool(dsn, "scheduler", maximum=CONNECTIONS, keeps_plans=True))
        sender = await stack.enter_async_context(open_sender(settings))
        pump = Pump(pool, sender, settings.delivery, Bell(dsn))
        postman = Postman(pool, settings.mail_server, settings.public_url)
        forget = partial(forget_deliveries, pool, settings.keep_deliveries_days)
        yield [
            partial(pump.run, stop),
            partial(every, settings.mail_seconds, postman.run_once, stop=stop, name="mail"),
            partial(every, RUNNERS_SECONDS, partial(tell_runners, pool), stop=stop, name="runner events"),
            partial(every, settings.retention_seconds, forget, stop=stop, name="delivery retention"),
        ]


async def tell_runners(pool: "Pool") -> None:
    """One look at which runners came, fell silent or went."""
    async with pool.acquire() as connection:
        await connection.fetchval(queue.TELL_RUNNERS)
