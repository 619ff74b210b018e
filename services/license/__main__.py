"""`python -m services.license`: composes the license service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from services.kit.clock import SystemClock
from services.kit.loops import every
from services.kit.outbox import Outbox
from services.kit.postgres import open_pool
from services.kit.rpc_client import open_channel
from services.kit.serve import Parts, run_service
from services.license.bell import SchedulerBell
from services.license.library import Library
from services.license.rpc import registration
from services.license.settings import LicenseSettings
from services.license.use_cases import Licensing

AUDIT_SECONDS = 5.0


def main() -> None:
    """Runs until a signal."""
    settings = LicenseSettings()

    @asynccontextmanager
    async def compose(stop: asyncio.Event) -> AsyncIterator[Parts]:
        open_to = partial(open_channel, caller="license", internal_tls=settings.internal_tls)
        async with (
            open_pool(settings.database_url.get_secret_value(), "license") as pool,
            open_to(settings.audit_address) as audit,
            open_to(settings.scheduler_address) as scheduler,
        ):
            outbox = Outbox("license", pool, audit)
            bell = SchedulerBell(scheduler)
            library = Library(pool, settings.sealer, settings.key_ring, outbox, SystemClock(), bell.ring)
            yield Parts(
                registrations=[registration(Licensing(pool, library))],
                background=[
                    partial(every, settings.license_watch_seconds, library.watch, stop=stop, name="watch"),
                    partial(every, AUDIT_SECONDS, outbox.push, stop=stop, wake=outbox.wake, name="outbox"),
                ],
            )

    run_service("license", settings, compose, address=settings.license_address)


if __name__ == "__main__":
    main()
