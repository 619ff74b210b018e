"""`exekra-runner service install|remove|status`."""

from typing import Annotated, NoReturn

import typer

from runner.agent import identity
from runner.agent.settings import RunnerSettings
from runner.service import installing
from runner.service.definition import SECRET_NAMES, Definition, ServiceError, Steps, define

EXIT_FAILED = 1

app = typer.Typer(no_args_is_help=True, help="Start the runner when you log on, in your own session.")

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would be written and run.")]


@app.command()
def install(dry_run: DryRun = False) -> None:
    """Start it now and at every log-on; with the EXEKRA_RUNNER_* settings of this environment, but no secrets."""
    service, steps = _prepared()
    if dry_run:
        _show(steps, steps.install)
        return
    if not (service.home / identity.IDENTITY_NAME).exists():
        names = " and ".join(sorted(SECRET_NAMES))
        _fail(
            f"This runner is not paired ({service.home} holds no identity). Run `exekra-runner pair …` first: "
            f"{names} of the environment are not written into a service's file."
        )
    try:
        installing.install(steps)
    except ServiceError as error:
        _fail(str(error))
    typer.echo("Installed and started. Look at it: exekra-runner open")
    _show_notes(steps)


@app.command()
def remove(dry_run: DryRun = False) -> None:
    """Stop it and start it no more. Identity, journal and what the Hub has not got yet stay."""
    _, steps = _prepared()
    if dry_run:
        _show(Steps(), steps.remove)
        for path in steps.files:
            typer.echo(f"remove {path}")
        return
    there = installing.remove(steps)
    typer.echo("Removed." if there else "There was no service to remove.")


@app.command()
def status() -> None:
    """What the system says of the service; ends with 1 when it is not installed, or does not run."""
    _, steps = _prepared()
    missing = [path for path in steps.files if not path.exists()]
    if missing:
        _fail("Not installed. Install it: exekra-runner service install")
    code, said = installing.run_command(steps.status)
    typer.echo(said)
    if code:
        raise typer.Exit(EXIT_FAILED)


def _prepared() -> tuple[Definition, Steps]:
    try:
        service = define(RunnerSettings())
        return service, installing.steps_for(service)
    except ServiceError as error:
        _fail(str(error))


def _show(steps: Steps, commands: tuple[tuple[str, ...], ...]) -> None:
    for path, content in steps.files.items():
        typer.echo(f"write {path}\n{content.replace(chr(13), '')}")
    for command in commands:
        typer.echo(f"run   {' '.join(command)}")
    _show_notes(steps)


def _show_notes(steps: Steps) -> None:
    for note in steps.notes:
        typer.echo(f"note  {note}")


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(EXIT_FAILED)
