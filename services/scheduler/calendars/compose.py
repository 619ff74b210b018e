"""Puts the parts of calendars together, for the process that serves them and for the loops."""

from typing import TYPE_CHECKING

from services.kit.outbox import Outbox
from services.kit.rpc_server import Registration
from services.scheduler.calendars.importing import Importer
from services.scheduler.calendars.rpc import registration
from services.scheduler.settings import SchedulerSettings

if TYPE_CHECKING:
    from services.kit.postgres import Pool


def make_importer(pool: "Pool", outbox: Outbox, settings: SchedulerSettings) -> Importer:
    """Fetches from public addresses, and from those private ones that an administrator permitted."""
    return Importer(pool, outbox, settings.private_endpoints, refresh_seconds=settings.calendar_refresh_seconds)


def calendar_registration(pool: "Pool", outbox: Outbox, settings: SchedulerSettings) -> Registration:
    """CalendarService."""
    return registration(pool, outbox, make_importer(pool, outbox, settings))
