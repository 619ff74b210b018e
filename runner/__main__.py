"""The command `exekra-runner`: pair this machine with a Hub, run, and say what is wrong."""

import asyncio
import json
import logging
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer

from runner.agent import doctor, identity
from runner.agent.agent import Agent
from runner.agent.journal import JournalError
from runner.agent.settings import PREFIX, RunnerSettings, unknown_names
from runner.agent.transport import HubRefusedError, HubUnavailableError

EXIT_FAILED = 1
EXIT_REFUSED = 4
EXIT_UNREACHABLE = 5

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)


@app.command()
def pair(
    hub: Annotated[str, typer.Argument(help="The Hub's address: https://host:4545, or host:port of its runner port.")],
    token: Annotated[str, typer.Option(help="The one-time pairing token.")],
    fingerprint: Annotated[str, typer.Option(help="sha256:… of the Hub's CA, as the Hub shows it.")],
    ca: Annotated[Path | None, typer.Option(help="PEM of the Hub's CA, when it cannot be fetched.")] = None,
) -> None:
    """Make this machine a runner of a Hub."""
    settings = RunnerSettings() if ca is None else RunnerSettings(ca_file=ca)
    try:
        paired = asyncio.run(identity.pair(settings, hub, token, fingerprint))
    except (identity.IdentityError, HubRefusedError) as error:
        _fail(str(error), EXIT_REFUSED)
    except HubUnavailableError as error:
        _fail(f"The Hub cannot be reached: {error}", EXIT_UNREACHABLE)
    typer.echo(f"Paired as runner {paired.runner_id}; its identity is in {settings.home}. Start it: exekra-runner run")


@app.command()
def run(
    machine_key: Annotated[str | None, typer.Option(help="Instead of pairing.")] = None,
    machine_secret: Annotated[str | None, typer.Option(help="Instead of pairing; better by environment.")] = None,
    address: Annotated[str | None, typer.Option(help="host:port of the Hub's runner port, instead of pairing.")] = None,
    ca: Annotated[Path | None, typer.Option(help="PEM of the Hub's CA, instead of pairing.")] = None,
) -> None:
    """Work for the Hub until a signal: the first lets running executions end, the second ends them."""
    given: dict[str, Any] = {
        "machine_key": machine_key,
        "machine_secret": machine_secret,
        "address": address,
        "ca_file": ca,
    }
    settings = RunnerSettings(**{name: value for name, value in given.items() if value is not None})
    _configure_logging()
    for name in unknown_names():
        structlog.get_logger("runner").warning("unknown setting", name=name)
    try:
        asyncio.run(_run(settings))
    except (identity.IdentityError, JournalError) as error:
        _fail(str(error), EXIT_FAILED)


@app.command(name="doctor")
def check(
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Look at everything this runner needs, and say what is missing."""
    findings = asyncio.run(doctor.examine(RunnerSettings()))
    if as_json:
        typer.echo(json.dumps([finding.as_json() for finding in findings], indent=2))
    else:
        for finding in findings:
            typer.echo(f"{'ok ' if finding.ok else 'BAD'}  {finding.subject}: {finding.message}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(EXIT_FAILED)


async def _run(settings: RunnerSettings) -> None:
    agent = Agent(settings, identity.load(settings))
    # Workflows run in processes that inherit the environment; the runner's own secret is not for them.
    os.environ.pop(f"{PREFIX}MACHINE_SECRET", None)
    agent.handle_signals()
    await agent.run()


def _configure_logging() -> None:
    form = os.environ.get("EXEKRA_LOG_FORMAT", "auto")
    human = form == "console" or (form == "auto" and sys.stdout.isatty())
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer() if human else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )


def _fail(message: str, code: int) -> None:
    typer.echo(message, err=True)
    raise typer.Exit(code)


def main() -> None:
    """Entry point."""
    app()


if __name__ == "__main__":
    main()
