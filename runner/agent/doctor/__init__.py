"""Looks at everything this runner needs and says in words what is missing, and what helps.

`here` is this machine, `abilities` what nodes may find on it, `hub` the way to the Hub.
"""

import asyncio

from runner.agent.doctor import abilities, here, hub
from runner.agent.doctor.finding import Finding as Finding
from runner.agent.doctor.finding import exit_code as exit_code
from runner.agent.settings import RunnerSettings


async def examine(settings: RunnerSettings) -> list[Finding]:
    """Everything, the way to the Hub included (which logs in once)."""
    return [*await asyncio.to_thread(examine_machine, settings), *await hub.examine(settings)]


def examine_machine(settings: RunnerSettings) -> list[Finding]:
    """What can be seen without the Hub. Blocks for a moment; at most some seconds when the screen does not answer."""
    return [*here.examine(settings), *abilities.examine()]
