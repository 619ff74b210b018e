"""The page's life: a free port on 127.0.0.1 while the agent runs, and the file that says where it is."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from aiohttp import web

from runner.agent import doctor
from runner.agent.desk import Desk
from runner.agent.identity import Identity
from runner.agent.settings import RunnerSettings
from runner.page.diagnostics import Diagnostics, Messages
from runner.page.door import Address, Door, publish, withdraw
from runner.page.guard import guard
from runner.page.routes import Routes

BODY_BYTES = 64 * 1024
HOST = "127.0.0.1"

log = structlog.get_logger("runner.page")


@asynccontextmanager
async def page(settings: RunnerSettings, identity: Identity, desk: Desk, messages: Messages) -> AsyncIterator[None]:
    """Serve the page meanwhile. A page that cannot be served is told and hinders no work."""
    door = Door()
    runner: web.AppRunner | None = None
    try:
        runner = await _serve(settings, identity, desk, messages, door)
    except OSError as error:
        log.warning("the runner's page cannot be served", reason=str(error))
    try:
        yield
    finally:
        if runner is not None:
            withdraw(settings.home)
            await runner.cleanup()


async def _serve(
    settings: RunnerSettings, identity: Identity, desk: Desk, messages: Messages, door: Door
) -> web.AppRunner:
    # The port must be known before the first request is judged: bind, then put the application together.
    listener = socket.create_server((HOST, settings.page_port))
    port = listener.getsockname()[1]
    secrets = (door.token, identity.credentials.machine_key, identity.credentials.machine_secret)
    diagnostics = Diagnostics(settings, messages, secrets)
    app = web.Application(middlewares=[guard(door, port)], client_max_size=BODY_BYTES)
    Routes(desk, door, port, lambda: doctor.examine(settings), diagnostics).add_to(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        publish(settings.home, Address(port, door.token))
    except OSError:
        await runner.cleanup()
        raise
    log.info("the runner's page is open", port=port)
    return runner
