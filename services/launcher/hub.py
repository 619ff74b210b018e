"""A whole Hub as one block, `async with running_hub(…) as hub`: what `make up`, the demo and whole-system tests use."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from services.launcher.authority import ServerTls, ensure_tls
from services.launcher.backing import POSTGRES, bring_to_this_version, choose_backing, has_redis
from services.launcher.composition import Composition
from services.launcher.console import Console
from services.launcher.database import create_database
from services.launcher.errors import ChildFailedError
from services.launcher.first_admin import FirstAdmin, first_admin
from services.launcher.home import Home, close_sockets, hold_home, open_home
from services.launcher.pairing import MachineCredentials, kept_credentials, register_runner, runner_spec
from services.launcher.ports import require_free
from services.launcher.processes import stop_leftovers
from services.launcher.settings import LauncherSettings, misspelt_names
from services.launcher.supervisor import Supervisor, supervise


@dataclass(frozen=True)
class RunningHub:
    """Where a running Hub is and how to get in.

    `runner_id` is empty without a local runner; `admin_dsn` is the address of its database for the administrator.
    """

    home: Home
    url: str
    runner_address: str
    tls: ServerTls
    admin: FirstAdmin
    runner_id: str
    admin_dsn: str
    supervisor: Supervisor

    @property
    def authority(self) -> Path:
        """The PEM file of the authority that clients should trust."""
        return self.tls.authority


@asynccontextmanager
async def running_hub(settings: LauncherSettings, console: Console) -> AsyncIterator[RunningHub]:
    """Start a Hub in `settings.home`, yield it when it is ready, and stop it with all its processes.

    Raises:
        LaunchRefusedError: something must be changed first; nothing was started.
        ChildFailedError: a process does not start; everything is stopped again.
    """
    home = open_home(settings.home)
    with hold_home(home):
        for name in misspelt_names(os.environ):
            console.warn(f"{name} is not a setting of Exekra Hub")
        for name in await asyncio.to_thread(stop_leftovers, home.processes, (POSTGRES,)):
            console.progress(f"stopped {name}, left behind by an earlier start")
        require_free(settings.https_port, "EXEKRA_HTTPS_PORT", settings.https_host)
        require_free(settings.runner_port, "EXEKRA_RUNNER_PORT", settings.https_host)
        try:
            async with supervise(home, console) as supervisor:
                hub = await _start(home, settings, console, supervisor)
                console.settled = True
                yield hub
        finally:
            console.settled = False
            close_sockets(home)


async def _start(home: Home, settings: LauncherSettings, console: Console, supervisor: Supervisor) -> RunningHub:
    backing = choose_backing(home, settings)
    if backing.specs:
        console.progress(f"starting {' and '.join(spec.name for spec in backing.specs)}")
    await supervisor.start(*backing.specs)
    tls = await asyncio.to_thread(ensure_tls, home.tls, settings.further_hosts)
    if backing.embedded_postgres:
        await create_database(backing.embedded_postgres.dsn())
    prepared = await bring_to_this_version(backing.admin_dsn, home.secrets)
    if prepared.applied:
        console.progress(f"brought the database to this version ({len(prepared.applied)} migrations)")
    admin = first_admin(home, settings)
    composition = Composition(home, settings, tls, prepared.addresses, backing.redis_url, admin)
    specs = composition.service_specs(with_worker=has_redis(backing))
    console.progress(f"starting {', '.join(spec.name for spec in specs)}")
    await supervisor.start(*specs)
    url = f"https://127.0.0.1:{settings.https_port}"
    runner_id = ""
    if settings.local_runner:
        credentials = kept_credentials(home) or await _registered(home, url, tls, admin, console)
        if credentials:
            await supervisor.start(runner_spec(home, credentials, settings.runner_port, tls.authority))
            runner_id = credentials.runner_id
    address = f"127.0.0.1:{settings.runner_port}"
    return RunningHub(home, url, address, tls, admin, runner_id, backing.admin_dsn, supervisor)


async def _registered(
    home: Home, url: str, tls: ServerTls, admin: FirstAdmin, console: Console
) -> MachineCredentials | None:
    """Credentials for the local runner; a Hub without one is of use as well, so a refusal is told and no more."""
    try:
        return await register_runner(home, url, tls.authority, admin, socket.gethostname())
    except ChildFailedError as error:
        console.warn(f"the local runner was not registered, pair one with `exekra-runner pair`: {error}")
        return None
