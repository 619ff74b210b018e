"""`exekra service install|remove|status`: a Hub that starts with the machine."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.errors import FAILED, REFUSED, CliError
from services.cli.output import Output
from services.cli.session import session_of

if TYPE_CHECKING:
    from runner.service.definition import Steps
    from services.launcher.service.definition import HubService

app = typer.Typer(no_args_is_help=True, help="Run the Hub as a service of this machine (systemd, launchd).")

HomeOption = Annotated[Path | None, typer.Option("--home", help="Data folder of the Hub; EXEKRA_HOME or .data.")]
NameOption = Annotated[str, typer.Option("--name", help="Of the service; another one for each Hub of a machine.")]
AccountOption = Annotated[
    str | None,
    typer.Option("--account", help="As whom it runs when root installs it; the owner of the data folder if left out."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would be written and run.")]

NAME = "exekra-hub"


@app.command()
def install(
    context: typer.Context,
    home: HomeOption = None,
    name: NameOption = NAME,
    account: AccountOption = None,
    dry_run: DryRun = False,
) -> None:
    """Start the Hub now and whenever the machine starts, with the EXEKRA_* settings of this environment.

    Root makes a service of the machine, everybody else one of their own account. Installing again takes over
    changed settings. Secrets are not written: name them by EXEKRA_…_FILE.
    """
    from services.launcher.service import installing, settings_file  # noqa: PLC0415 - a fifth of other commands' start

    output = session_of(context).output
    with _refusals():
        kept = settings_file.settings_to_keep(os.environ, _folder(home))
        present = _read(_folder(home))
        text = settings_file.merged(present, kept)
        service, steps = _prepared(home, name, account, settings_file.value_of(text, "EXEKRA_DRAIN_SECONDS"))
        if dry_run:
            _show(output, {service.settings: text, **steps.files}, steps.install, steps.notes)
            return
        installing.install(service, steps, text)
    lines = [
        f"Installed and started: {', '.join(map(str, steps.files))}",
        f"Its settings: {service.settings}",
        f"Look at it: exekra service status --name {name}",
        "Look whether it answers: exekra doctor",
        *steps.notes,
    ]
    document = {"files": [str(path) for path in steps.files], "settings": str(service.settings)}
    output.document({"installed": document, "notes": list(steps.notes)}, lines)


@app.command()
def remove(context: typer.Context, name: NameOption = NAME, dry_run: DryRun = False) -> None:
    """Drain and stop it, and start it no more. The data folder and the service's settings stay."""
    from services.launcher.service import installing  # noqa: PLC0415 - see above

    output = session_of(context).output
    with _refusals():
        steps = _installed_steps(name)
        if dry_run:
            _show(output, {}, steps.remove, tuple(f"removes {path}" for path in steps.files))
            return
        removed = installing.remove(steps)
    lines = (
        ["Stopped and removed. Its data folder and settings stay; run it by hand: exekra up"]
        if removed
        else ["There was no service to remove."]
    )
    output.document({"removed": [str(path) for path in removed]}, lines)


@app.command()
def status(context: typer.Context, name: NameOption = NAME) -> None:
    """What the system says of the service; exits 1 when it is not installed or does not run."""
    from runner.service.installing import run_command  # noqa: PLC0415 - see above

    with _refusals():
        steps = _installed_steps(name)
    if not all(path.exists() for path in steps.files):
        raise CliError("Not installed. Install it: exekra service install")
    code, said = run_command(steps.status)
    session_of(context).output.document({"running": code == 0, "said": said}, said.splitlines())
    if code:
        raise typer.Exit(FAILED)


def on_windows() -> bool:
    """Whether this is the system that has no Hub of its own."""
    return os.name == "nt"


def _folder(home: Path | None) -> Path:
    return (home or Path(os.environ.get("EXEKRA_HOME") or ".data")).expanduser().absolute()


def _read(home: Path) -> str:
    from services.launcher.service.definition import SETTINGS_NAME  # noqa: PLC0415 - see above

    try:
        return (home / SETTINGS_NAME).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise CliError(f"{home / SETTINGS_NAME} cannot be read: {error}") from None


def _prepared(
    home: Path | None, name: str, account: str | None, drain_seconds: str | None
) -> "tuple[HubService, Steps]":
    from services.launcher.service import installing  # noqa: PLC0415 - see above
    from services.launcher.service.definition import define  # noqa: PLC0415
    from services.launcher.settings import LauncherSettings  # noqa: PLC0415

    settings = LauncherSettings.model_validate({} if drain_seconds is None else {"drain_seconds": drain_seconds})
    service = define(_folder(home), settings.drain_seconds, name, account)
    return service, installing.steps_for(service)


def _installed_steps(name: str) -> "Steps":
    """What removes or asks a service, whichever data folder and account it has."""
    from services.launcher.service import installing  # noqa: PLC0415 - see above
    from services.launcher.service.definition import HubService  # noqa: PLC0415

    account = "root" if os.geteuid() == 0 else ""
    return installing.steps_for(HubService(name, Path("/"), account, stop_seconds=0))


def _show(
    output: Output, files: dict[Path, str], commands: tuple[tuple[str, ...], ...], notes: tuple[str, ...]
) -> None:
    lines = [f"write {path}\n{text}" for path, text in files.items()]
    lines += [f"run   {' '.join(command)}" for command in commands]
    document = {
        "files": {str(path): text for path, text in files.items()},
        "commands": [list(command) for command in commands],
        "notes": list(notes),
    }
    output.document(document, [*lines, *(f"note  {note}" for note in notes)])


@contextmanager
def _refusals() -> Iterator[None]:
    """Turns what the launcher refuses into what the command ends with."""
    if on_windows():
        raise CliError(
            "A Hub does not run as a service of Windows: run the containers of docker-compose.yml there, or a Hub on "
            "Linux or macOS. Runners do: exekra-runner service install",
            REFUSED,
        )
    from runner.service.definition import ServiceError  # noqa: PLC0415 - see above

    try:
        yield
    except ServiceError as error:
        raise CliError(str(error), REFUSED) from None
    except ValueError as error:
        raise CliError(f"An EXEKRA_ variable cannot be used: {error}", REFUSED) from None
