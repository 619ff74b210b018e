"""The command `exekra-runner`: pair this machine with a Hub, run, and say what is wrong."""

import asyncio
import json
import logging
import os
import sys
import webbrowser
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, Any, NoReturn

import structlog
import typer

from runner.agent import doctor, identity
from runner.agent.agent import Agent
from runner.agent.journal import JournalError
from runner.agent.settings import PREFIX, RunnerSettings, unknown_names
from runner.agent.transport import HubRefusedError, HubUnavailableError
from runner.page.diagnostics import Messages
from runner.page.opening import NoPageError, ticket_url
from runner.page.server import page
from runner.recorder.command import record_workflow
from runner.service.commands import app as service_app

EXIT_FAILED = 1
EXIT_REFUSED = 4
EXIT_UNREACHABLE = 5

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)

app.add_typer(service_app, name="service")
app.command(name="record")(record_workflow)

MARKS = {"ok": "ok  ", "warning": "--  ", "bad": "BAD "}


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
    messages = Messages()
    _configure_logging(messages)
    for name in unknown_names():
        structlog.get_logger("runner").warning("unknown setting", name=name)
    try:
        asyncio.run(_run(settings, messages))
    except (identity.IdentityError, JournalError) as error:
        _fail(str(error), EXIT_FAILED)


@app.command(name="doctor")
def check(
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Look at everything this runner needs, and say what is missing.

    Ends with 0 when it can work, 1 when something is broken here, 4 when the Hub refuses it, 5 when the Hub cannot be
    reached.
    """
    findings = asyncio.run(doctor.examine(RunnerSettings()))
    if as_json:
        typer.echo(json.dumps([finding.as_json() for finding in findings], indent=2))
    else:
        for finding in findings:
            typer.echo(f"{MARKS[finding.level]}{finding.subject}: {finding.message}")
            if finding.fix:
                typer.echo(f"      {finding.fix}")
    if code := doctor.exit_code(findings):
        raise typer.Exit(code)


@app.command(name="open")
def open_page(
    show: Annotated[bool, typer.Option("--print", help="Print the address, which is good once, for a minute.")] = False,
) -> None:
    """Show the page of the runner that works here: what it does, Stop, pause, its last executions."""
    try:
        url = ticket_url(RunnerSettings().home)
    except NoPageError as error:
        _fail(str(error), EXIT_FAILED)
    if show or not webbrowser.open(url):
        typer.echo(url)


async def _run(settings: RunnerSettings, messages: Messages) -> None:
    who = identity.load(settings)
    await _tell_what_is_missing(settings)
    agent = Agent(settings, who)
    # Workflows run in processes that inherit the environment; the runner's own secret is not for them.
    os.environ.pop(f"{PREFIX}MACHINE_SECRET", None)
    agent.handle_signals()
    async with AsyncExitStack() as beside:
        if settings.page:
            await beside.enter_async_context(page(settings, who, agent.desk, messages))
        await agent.run()


async def _tell_what_is_missing(settings: RunnerSettings) -> None:
    log = structlog.get_logger("runner.doctor")
    for finding in await asyncio.to_thread(doctor.examine_machine, settings):
        if finding.level != "ok":
            log.warning(finding.message, subject=finding.subject, fix=finding.fix)


def _configure_logging(messages: Messages) -> None:
    form = os.environ.get("EXEKRA_LOG_FORMAT", "auto")
    human = form == "console" or (form == "auto" and sys.stdout.isatty())
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            messages,
            structlog.dev.ConsoleRenderer() if human else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )


def _fail(message: str, code: int) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(code)


def main() -> None:
    """Entry point."""
    app()


if __name__ == "__main__":
    main()
