"""A Hub and a runner for a demo alone, on free ports, with its administrator signed in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from scripts.demo.client import HubClient, signed_in
from services.launcher.console import Console
from services.launcher.errors import ChildFailedError
from services.launcher.hub import RunningHub, running_hub
from services.launcher.ports import free_port, is_free
from services.launcher.settings import LauncherSettings

ANY_ADDRESS: Final = "0.0.0.0"  # noqa: S104 - what the gateway binds


@asynccontextmanager
async def own_hub(settings: LauncherSettings, console: Console) -> AsyncIterator[tuple[RunningHub, HubClient]]:
    """Start it, and stop it at the end; its data stays. Raises what `running_hub` raises."""
    async with running_hub(_with_free_ports(settings, console), console) as hub:
        console.progress(f"Hub ready at {hub.url}")
        if not hub.runner_id:
            raise ChildFailedError("no runner is paired with this Hub")
        async with signed_in(hub.url, hub.authority, hub.admin.email, hub.admin.password) as client:
            yield hub, client
    console.progress(f"the demo is done; its Hub is stopped, its data is in {hub.home.root}")


def _with_free_ports(settings: LauncherSettings, console: Console) -> LauncherSettings:
    """The same settings with free ports in place of taken ones."""
    chosen: dict[str, int] = {}
    for name in ("https_port", "runner_port"):
        port: int = getattr(settings, name)
        if not is_free(port, settings.https_host or ANY_ADDRESS):
            chosen[name] = free_port()
            console.progress(f"port {port} is taken, using {chosen[name]}")
    return settings.model_copy(update=chosen)
