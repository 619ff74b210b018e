"""`python -m services.scheduler.worker`: claims when the bell rings. Without Redis it ends at once with 0."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from services.kit.serve import Parts, run_service
from services.scheduler.compose import open_core
from services.scheduler.settings import SchedulerSettings
from services.scheduler.worker.bell_worker import supervise


def main() -> None:
    """Runs until a signal."""
    settings = SchedulerSettings()
    url = settings.redis
    if url is None:
        return

    @asynccontextmanager
    async def compose(stop: asyncio.Event) -> AsyncIterator[Parts]:
        async with open_core(settings) as core:
            yield Parts(background=[partial(core.ringer.run, stop), partial(supervise, url, core.dispatcher.run, stop)])

    run_service("scheduler-worker", settings, compose)


if __name__ == "__main__":
    main()
