"""`python -m services.scheduler.loops`: reconciler, reaper, retention, and the pump of the outbox."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from services.kit.loops import every
from services.kit.rewrapping import Rewrapping
from services.kit.rpc_client import open_channel
from services.kit.serve import Parts, run_service
from services.scheduler.calendars.compose import make_importer
from services.scheduler.compose import make_approvals, make_submissions, open_core
from services.scheduler.executions.licence import Licence
from services.scheduler.executions.reaper import Reaper
from services.scheduler.loops.delivery import open_delivery
from services.scheduler.loops.outcomes import compose_breakers, compose_tally
from services.scheduler.loops.reconciler import Reconciler
from services.scheduler.loops.retention import Retention
from services.scheduler.loops.schedules import Schedules
from services.scheduler.outcomes.release import Releasers
from services.scheduler.queues.release import Release
from services.scheduler.settings import SchedulerSettings
from services.scheduler.triggers.compose import make_launcher
from services.scheduler.triggers.release import ScheduleReleaser
from services.scheduler.vault.rewrapping import rewrap_credentials
from services.scheduler.webhooks.compose import delivery_releaser
from services.scheduler.webhooks.rewrapping import rewrap_webhooks


def main() -> None:
    """Runs until a signal."""
    settings = SchedulerSettings()

    @asynccontextmanager
    async def compose(stop: asyncio.Event) -> AsyncIterator[Parts]:
        async with (
            open_core(settings) as core,
            open_delivery(settings, stop) as delivery,
            open_channel(settings.license_address, caller="scheduler", internal_tls=settings.internal_tls) as license_,
        ):
            reconciler = Reconciler(
                core.pool,
                core.dispatcher.run,
                reconcile_seconds=settings.reconcile_seconds,
                every_turn=settings.redis is None,
            )
            reaper = Reaper(core.pool, core.bells, core.courier, settings)
            retention = Retention(core.pool, settings)
            approvals = make_approvals(core)
            licence = Licence(core.pool, license_)
            launcher = make_launcher(core, licence)
            schedules = Schedules(core, launcher)
            releasers: Releasers = {
                "SCHEDULE": ScheduleReleaser(launcher),
                "WEBHOOK": delivery_releaser(core, make_submissions(core, licence)),
            }
            breakers = compose_breakers(core, releasers)
            rewrapping = Rewrapping(core.pool, settings.sealer, rewrap_webhooks)
            credentials = Rewrapping(core.pool, settings.sealer, rewrap_credentials)
            importer = make_importer(core.pool, core.outbox, settings)
            yield Parts(
                background=[
                    *core.background(stop),
                    *delivery,
                    partial(every, settings.poll_seconds, reconciler.run_once, stop=stop, name="reconciler"),
                    partial(every, settings.reap_seconds, reaper.run_once, stop=stop, name="reaper"),
                    partial(every, settings.retention_seconds, retention.run_once, stop=stop, name="retention"),
                    partial(every, settings.reap_seconds, approvals.expire, stop=stop, name="approvals"),
                    partial(every, settings.reap_seconds, Release(core.pool).run_once, stop=stop, name="work items"),
                    partial(every, settings.poll_seconds, schedules.plan, stop=stop, name="planner"),
                    partial(
                        every, settings.poll_seconds, schedules.fire, stop=stop, wake=schedules.wake, name="schedules"
                    ),
                    partial(every, settings.retention_seconds, schedules.forget, stop=stop, name="ledger"),
                    partial(every, settings.breaker_seconds, breakers.run_once, stop=stop, name="breakers"),
                    partial(every, settings.retention_seconds, rewrapping.run_once, stop=stop, name="rewrapping"),
                    partial(every, settings.retention_seconds, credentials.run_once, stop=stop, name="credentials"),
                    partial(every, settings.tally_seconds, compose_tally(core).run_once, stop=stop, name="tally"),
                    partial(every, settings.calendar_poll_seconds, importer.run_once, stop=stop, name="calendars"),
                ]
            )

    run_service("scheduler-loops", settings, compose)


if __name__ == "__main__":
    main()
