"""Puts the registry together: two servers in one process, the link, and the loops."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import grpc.aio

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
from services.registry.acknowledgements import Acknowledgements
from services.registry.artifacts import Artifacts
from services.registry.continuations import Continuations
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
from services.registry.pushes import SessionServicer
from services.registry.reports import Reports
from services.registry.rpc import Descriptions, RunnerAdminServicer
from services.registry.runner_port import serve_runners
from services.registry.runner_rpc import RunnerServicer, Sessions
from services.registry.seats import Seats
from services.registry.session_tokens import SessionTokens
from services.registry.settings import RegistrySettings
from services.registry.streams import Directory
from services.registry.use_cases import Administration
from services.registry.vault import Vault
from services.registry.work_items import WorkItems

if TYPE_CHECKING:
    from services.kit.postgres import Pool


@dataclass(frozen=True, slots=True)
class Core:
    """What the registry's parts share."""

    settings: RegistrySettings
    clock: Clock
    pool: "Pool"
    scheduler: grpc.aio.Channel
    outbox: Outbox
    directory: Directory
    notices: Notices
    link: Link
    presence: PresenceBuffer
    seats: Seats
    loads: Loads


@asynccontextmanager
async def compose(settings: RegistrySettings, stop: asyncio.Event, clock: Clock | None = None) -> AsyncIterator[Parts]:
    """Everything that runs in a registry process. Raises OSError or ValueError when a certificate cannot be read."""
    async with _open_core(settings, clock or SystemClock()) as core:
        servicer = _runner_servicer(core)
        link_stop = asyncio.Event()
        yield Parts(
            registrations=await _registrations(core, stop),
            background=[
                lambda: serve_runners(settings, servicer, core.directory, core.link, stop=stop, link_stop=link_stop),
                lambda: core.link.run(link_stop),
                *_loops(core, stop),
            ],
        )


@asynccontextmanager
async def _open_core(settings: RegistrySettings, clock: Clock) -> AsyncIterator[Core]:
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(open_pool(settings.database_url.get_secret_value(), "registry"))
        scheduler, licence, audit = [
            await stack.enter_async_context(
                open_channel(address, caller="registry", internal_tls=settings.internal_tls)
            )
            for address in (settings.scheduler_address, settings.license_address, settings.audit_address)
        ]
        directory = Directory()
        yield Core(
            settings=settings,
            clock=clock,
            pool=pool,
            scheduler=scheduler,
            outbox=Outbox("registry", pool, audit),
            directory=directory,
            notices=Notices(directory),
            link=Link(scheduler, registry_address=settings.registry_address),
            presence=PresenceBuffer(pool, directory, clock),
            seats=Seats(pool, licence),
            loads=Loads(scheduler),
        )


def _runner_servicer(core: Core) -> RunnerServicer:
    settings, directory, link = core.settings, core.directory, core.link
    tokens = SessionTokens(core.clock, settings.session_token_seconds)
    return RunnerServicer(
        Sessions(tokens, directory),
        Enrolment(core.pool, core.outbox, tokens, core.notices),
        (
            Heartbeats(core.pool, core.outbox, directory, link, core.presence, tokens, settings, core.clock),
            Polls(directory, link, wait_seconds=settings.link_wait_seconds, push_seconds=settings.push_seconds),
            Acknowledgements(directory, link, wait_seconds=settings.link_wait_seconds),
            Reports(directory, link, wait_seconds=settings.link_wait_seconds),
        ),
        link,
        (
            GraphCache(core.scheduler, settings.graph_cache_bytes),
            NodeTypeDeclarations(core.scheduler),
            Artifacts(core.scheduler),
            Continuations(core.scheduler),
            WorkItems(core.scheduler),
            Vault(core.scheduler),
        ),
        settings.link_wait_seconds,
    )


async def _registrations(core: Core, stop: asyncio.Event) -> list[Registration]:
    """The internal RPCs."""
    settings = core.settings
    commands = PairingCommands(settings.public_url, fingerprint(settings.ca_certificate))
    pairings = Pairings(commands, settings.pairing_token_seconds)
    administration = Administration(core.pool, core.outbox, core.seats, core.loads, core.notices, pairings)
    descriptions = Descriptions(core.loads, await _silence(core), core.clock)
    return [
        Registration(
            runner_admin_service_pb2_grpc.add_RunnerAdminServiceServicer_to_server,
            RunnerAdminServicer(administration, descriptions),
            runner_admin_service_pb2.DESCRIPTOR.services_by_name["RunnerAdminService"],
        ),
        Registration(
            session_service_pb2_grpc.add_SessionServiceServicer_to_server,
            SessionServicer(core.directory, settings.push_seconds, stop),
            session_service_pb2.DESCRIPTOR.services_by_name["SessionService"],
        ),
    ]


def _loops(core: Core, stop: asyncio.Event) -> Sequence[Callable[[], Awaitable[object]]]:
    settings, notices = core.settings, core.notices
    tell = partial(loops.tell_scheduler, core.pool, core.link, settings.link_wait_seconds)
    sweep = partial(loops.sweep_silent, core.directory, settings.offline_seconds)
    clear = partial(loops.clear_old, core.pool, settings.metrics_days)
    return [
        partial(every, settings.presence_seconds, core.presence.flush, stop=stop, name="presence"),
        partial(every, loops.TELL_SECONDS, tell, stop=stop, wake=notices.to_scheduler, name="tell scheduler"),
        partial(every, loops.RELEASE_SECONDS, core.seats.release_due, stop=stop, wake=notices.to_licence, name="seats"),
        partial(every, loops.SWEEP_SECONDS, sweep, stop=stop, name="sweep"),
        partial(every, loops.CLEAR_SECONDS, clear, stop=stop, name="clear"),
        partial(every, loops.AUDIT_SECONDS, core.outbox.push, stop=stop, wake=core.outbox.wake, name="outbox"),
    ]


async def _silence(core: Core) -> Silence:
    async with core.pool.acquire() as connection:
        heard_until = await connection.fetchval(repository.HEARD_UNTIL)
    return Silence(
        silent=timedelta(seconds=core.settings.silent_seconds),
        offline=timedelta(seconds=core.settings.offline_seconds),
        listening_since=core.clock.now(),
        heard_until=heard_until,
    )
