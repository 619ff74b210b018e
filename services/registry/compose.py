"""Puts the registry together: two servers in one process, the link, and the loops."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from exekra.registry.v1 import (
    runner_admin_service_pb2,
    runner_admin_service_pb2_grpc,
    session_service_pb2,
    session_service_pb2_grpc,
)
from services.kit.clock import Clock, SystemClock
from services.kit.loops import every
from services.kit.outbox import Outbox
from services.kit.postgres import open_pool
from services.kit.rpc_client import open_channel
from services.kit.rpc_server import Registration
from services.kit.serve import Parts
from services.registry import loops, repository
from services.registry.artifacts import Artifacts
from services.registry.credentials import PairingCommands, fingerprint
from services.registry.enrolment import Enrolment
from services.registry.graphs import GraphCache
from services.registry.heartbeats import Heartbeats
from services.registry.link import Link
from services.registry.loads import Loads
from services.registry.model import Silence
from services.registry.node_types import NodeTypeDeclarations
from services.registry.notices import Notices
from services.registry.pairings import Pairings
from services.registry.polls import Polls
from services.registry.presence import PresenceBuffer
from services.registry.reports import Reports
from services.registry.rpc import Descriptions, RunnerAdminServicer, SessionServicer
from services.registry.runner_port import serve_runners
from services.registry.runner_rpc import RunnerServicer, Sessions
from services.registry.seats import Seats
from services.registry.session_tokens import SessionTokens
from services.registry.settings import RegistrySettings
from services.registry.streams import Directory
from services.registry.use_cases import Administration

if TYPE_CHECKING:
    from services.kit.postgres import Pool


@asynccontextmanager
async def compose(settings: RegistrySettings, stop: asyncio.Event, clock: Clock | None = None) -> AsyncIterator[Parts]:
    """Everything that runs in a registry process. Raises OSError or ValueError when a certificate cannot be read."""
    clock = clock or SystemClock()
    commands = PairingCommands(settings.public_url, fingerprint(settings.ca_certificate))
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(open_pool(settings.database_url.get_secret_value(), "registry"))
        scheduler, licence, audit = [
            await stack.enter_async_context(
                open_channel(address, caller="registry", internal_tls=settings.internal_tls)
            )
            for address in (settings.scheduler_address, settings.license_address, settings.audit_address)
        ]
        outbox = Outbox("registry", pool, audit)
        directory = Directory()
        notices = Notices(directory)
        seats, loads = Seats(pool, licence), Loads(scheduler)
        link = Link(scheduler, registry_address=settings.registry_address)
        presence = PresenceBuffer(pool, directory, clock)
        administration = Administration(
            pool, outbox, seats, loads, notices, Pairings(commands, settings.pairing_token_seconds)
        )
        descriptions = Descriptions(loads, await _silence(pool, settings, clock), clock)
        tokens = SessionTokens(clock, settings.session_token_seconds)
        servicer = RunnerServicer(
            Sessions(tokens, directory),
            Enrolment(pool, outbox, tokens, notices),
            (
                Heartbeats(pool, outbox, directory, link, presence, tokens, settings, clock),
                Polls(directory, link, wait_seconds=settings.link_wait_seconds, push_seconds=settings.push_seconds),
                Reports(directory, link, wait_seconds=settings.link_wait_seconds),
            ),
            link,
            (GraphCache(scheduler, settings.graph_cache_bytes), NodeTypeDeclarations(scheduler), Artifacts(scheduler)),
            settings.link_wait_seconds,
        )
        link_stop = asyncio.Event()
        yield Parts(
            registrations=_registrations(
                RunnerAdminServicer(administration, descriptions), SessionServicer(directory, settings.push_seconds)
            ),
            background=[
                lambda: serve_runners(settings, servicer, directory, link, stop=stop, link_stop=link_stop),
                lambda: link.run(link_stop),
                lambda: every(settings.presence_seconds, presence.flush, stop=stop, name="presence"),
                lambda: every(
                    loops.TELL_SECONDS,
                    lambda: loops.tell_scheduler(pool, link, settings.link_wait_seconds),
                    stop=stop,
                    wake=notices.to_scheduler,
                    name="tell scheduler",
                ),
                lambda: every(
                    loops.RELEASE_SECONDS, seats.release_due, stop=stop, wake=notices.to_licence, name="seats"
                ),
                lambda: every(
                    loops.SWEEP_SECONDS,
                    lambda: loops.sweep_silent(directory, settings.offline_seconds),
                    stop=stop,
                    name="sweep",
                ),
                lambda: every(
                    loops.CLEAR_SECONDS, lambda: loops.clear_old(pool, settings.metrics_days), stop=stop, name="clear"
                ),
                lambda: every(loops.AUDIT_SECONDS, outbox.push, stop=stop, wake=outbox.wake, name="outbox"),
            ],
        )


def _registrations(admin: RunnerAdminServicer, sessions: SessionServicer) -> list[Registration]:
    return [
        Registration(
            runner_admin_service_pb2_grpc.add_RunnerAdminServiceServicer_to_server,
            admin,
            runner_admin_service_pb2.DESCRIPTOR.services_by_name["RunnerAdminService"],
        ),
        Registration(
            session_service_pb2_grpc.add_SessionServiceServicer_to_server,
            sessions,
            session_service_pb2.DESCRIPTOR.services_by_name["SessionService"],
        ),
    ]


async def _silence(pool: "Pool", settings: RegistrySettings, clock: Clock) -> Silence:
    async with pool.acquire() as connection:
        heard_until = await connection.fetchval(repository.HEARD_UNTIL)
    return Silence(
        silent=timedelta(seconds=settings.silent_seconds),
        offline=timedelta(seconds=settings.offline_seconds),
        listening_since=clock.now(),
        heard_until=heard_until,
    )
