"""What every command is given: how to print, and how to talk to the Hub."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import typer

from services.cli.client import connected
from services.cli.output import Output
from services.cli.profile import Profile, load_profile
from services.cli.settings import CliSettings
from services.client import Hub

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Session:
    """One run of the command."""

    output: Output
    settings: CliSettings

    def profile(self) -> Profile:
        """How to reach the Hub, and as whom."""
        return load_profile(self.settings)

    def ask(self, work: Callable[[Hub], Awaitable[T]]) -> T:
        """Does the work with a connected Hub. Raises CliError."""

        async def run() -> T:
            async with connected(self.profile()) as hub:
                return await work(hub)

        return asyncio.run(run())


def session_of(context: typer.Context) -> Session:
    """The session that the root command made."""
    session = context.obj
    if not isinstance(session, Session):
        raise TypeError("the root command has not run")
    return session
