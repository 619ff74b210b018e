"""What the shell offers behind TAB: names that the Hub knows. Quick and quiet, whatever is wrong."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable

from services.cli.client import connected
from services.cli.errors import CliError
from services.cli.profile import load_profile
from services.cli.settings import CliSettings
from services.client import NEVER, Hub

SECONDS = 2.0
"""Somebody waits with a finger on the key."""
OFFERED = 200
_SPECIAL = re.compile(r"([^\w.:@%+=,/-])")


def complete_workflow(incomplete: str) -> list[str]:
    """Names of workflows that begin so, whatever their case."""

    async def names(hub: Hub) -> AsyncIterator[str]:
        async for workflow in hub.workflows.each(search=incomplete, most=OFFERED):
            yield workflow.name

    return _offer(incomplete, names)


def complete_runner(incomplete: str) -> list[str]:
    """Names of runners that begin so, whatever their case."""

    async def names(hub: Hub) -> AsyncIterator[str]:
        async for runner in hub.runners.each(most=OFFERED):
            yield runner.name

    return _offer(incomplete, names)


def _offer(incomplete: str, names: Callable[[Hub], AsyncIterator[str]]) -> list[str]:
    async def ask() -> list[str]:
        async with asyncio.timeout(SECONDS), connected(load_profile(CliSettings()), NEVER) as hub:
            begun = incomplete.casefold()
            return [_for_shell(name) async for name in names(hub) if name.casefold().startswith(begun)]

    try:
        return asyncio.run(ask())
    except (CliError, TimeoutError, OSError, ValueError):
        # A message in the middle of somebody's command line would help nobody.
        return []


def _for_shell(name: str) -> str:
    """Bash puts a name into the line as it is, so a space in it must be marked; the other shells do that themselves."""
    bash = os.environ.get("_EXEKRA_COMPLETE", "").endswith("bash")
    return _SPECIAL.sub(r"\\\1", name) if bash else name
