"""How the gateway is put together: database, channels, identity, routes, the HTTPS listener and its loops."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg
import structlog

from services.gateway.hooks.receiving import hook_routes
from services.gateway.identity.first_admin import ensure_first_admin
from services.gateway.identity.service import Identity, open_identity
from services.gateway.identity.sign_in import SessionTimes
from services.gateway.installation.use_cases import Installation
from services.gateway.live.feed import Feed
from services.gateway.pages.routes import page_routes
from services.gateway.parts import Gateway
from services.gateway.peers import CALLER, Peers, open_channels
from services.gateway.routes.table import route_table
from services.gateway.settings import GatewaySettings
from services.gateway.web.application import make_application
from services.gateway.web.clients import Clients
from services.gateway.web.https import listening
from services.gateway.web.rate_limits import RateLimits
from services.kit.loops import every, wait_for_any
from services.kit.outbox import Outbox
from services.kit.postgres import open_pool
from services.kit.serve import Parts

log = structlog.get_logger()

PUMP_SECONDS = 5.0
CLEAN_UP_SECONDS = 300.0
LISTEN_AGAIN_SECONDS = 1.0


@asynccontextmanager
async def compose(
    settings: GatewaySettings, stop: asyncio.Event, tell_port: Callable[[int], None] = lambda _: None
) -> AsyncIterator[Parts]:
    """The parts of a running gateway; `tell_port` hears where it listens.

    Raises OSError when the port is taken or Postgres cannot be reached.
    """
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(open_gateway(settings))
        identity = gateway.identity
        await ensure_first_admin(
            identity.users, settings.admin_email, settings.admin_password.get_secret_value(), settings.home
        )
        routes = route_table()
        application = make_application(gateway, routes, [*page_routes(gateway, routes), *hook_routes(gateway)])
        port = await stack.enter_async_context(listening(application, settings))
        log.info("listening", port=port)
        tell_port(port)

        async def pump() -> None:
            await every(PUMP_SECONDS, identity.outbox.push, stop=stop, wake=identity.outbox.wake, name="audit outbox")

        async def clean_up() -> None:
            await every(CLEAN_UP_SECONDS, identity.clean_up, stop=stop, name="session clean-up")

        async def end_streams() -> None:
            await stop.wait()
            await gateway.feed.close()

        async def hear_revocations() -> None:
            await listen_for_revocations(identity, stop)

        yield Parts(background=(pump, clean_up, end_streams, hear_revocations))


@asynccontextmanager
async def open_gateway(settings: GatewaySettings) -> AsyncIterator[Gateway]:
    """Everything a route needs, without a listener."""
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(open_pool(settings.database_url.get_secret_value(), CALLER))
        channels = await stack.enter_async_context(open_channels(settings))
        outbox = Outbox(CALLER, pool, channels["audit"])
        times = SessionTimes(settings.session_idle_seconds, settings.session_absolute_seconds)
        identity = await stack.enter_async_context(open_identity(pool, outbox, times))
        peers = Peers(channels)
        yield Gateway(
            settings=settings,
            identity=identity,
            installation=Installation(pool, outbox),
            peers=peers,
            feed=Feed(peers),
            limits=RateLimits(settings),
            clients=Clients(settings.trusted_proxies, settings.public_url),
        )


async def listen_for_revocations(identity: Identity, stop: asyncio.Event) -> None:
    """While the listening connection is away nothing is cached, so its loss costs speed and not safety."""
    while not stop.is_set():
        try:
            await identity.authenticator.listen(stop, wait_for_any)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("not hearing of revocations; caching nothing", error=repr(error))
            await wait_for_any(LISTEN_AGAIN_SECONDS, stop)
