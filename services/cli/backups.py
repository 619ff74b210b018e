"""`exekra backup`, `exekra restore` and `exekra key …`: a Hub as a file, on the machine where it lies.

They work on the database and the data folder themselves, because what they are for is a Hub that does not answer.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from services.cli.errors import FAILED, REFUSED, CliError, usage
from services.cli.output import Output
from services.cli.progress import Progress
from services.cli.session import session_of

if TYPE_CHECKING:
    from services.launcher.backup.places import Places
    from services.launcher.backup.sealed import Unopened
    from services.launcher.backup.sources import Source
    from services.launcher.settings import LauncherSettings

T = TypeVar("T")

key = typer.Typer(
    no_args_is_help=True, help="Take the vault key out of a Hub, wrapped by a passphrase, and bring it back."
)

HomeOption = Annotated[Path | None, typer.Option("--home", help="Data folder of the Hub; EXEKRA_HOME or .data.")]
VolumesOption = Annotated[
    Path | None,
    typer.Option("--volumes", help="Folder with the volumes of a Hub in containers, mounted beside each other."),
]


def add_to(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("backup")(make_backup)
    app.command("restore")(restore_backup)
    app.add_typer(key, name="key")


def make_backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The archive to write.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    home: HomeOption = None,
    volumes: VolumesOption = None,
) -> None:
    """Write the whole Hub into one file, while it runs or not. The vault key is left out: exekra key export."""
    from services.launcher.backup.making import Making  # noqa: PLC0415 - see below

    output = session_of(context).output
    with Progress(output) as shown:
        summary = _with_hub(
            output, home, volumes, lambda hub: Making(hub, shown.step, shown.advance).make(file, force=force)
        )
    if summary.missing_artifacts:
        output.remark(f"{len(summary.missing_artifacts)} artifacts are gone or damaged on the disk and were left out.")
    lines = [
        f"Wrote {file}: {summary.rows} rows, {summary.artifacts} artifacts, {_size(summary.bytes)}.",
        "It holds everything but the vault key; keep that elsewhere: exekra key export FILE",
    ]
    output.document({"file": str(file), "backup": summary.model_dump(mode="json", by_alias=True)}, lines)


def restore_backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="An archive that `exekra backup` wrote.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a Hub that is not empty.")] = False,
    home: HomeOption = None,
    volumes: VolumesOption = None,
) -> None:
    """Put a backup back into a Hub that is stopped. Everything is checked before anything is changed."""
    from services.launcher.backup.restoring import Restoring, open_archive  # noqa: PLC0415 - see below

    output = session_of(context).output
    with _refusals(), open_archive(file) as reader, Progress(output) as shown:
        done = _with_hub(
            output,
            home,
            volumes,
            lambda hub: Restoring(hub, reader, shown.step, shown.advance).restore(force=force),
            exclusive=True,
        )
    if done.replaced is not None:
        output.remark(f"Replaced: {done.replaced}.")
    summary = done.summary
    lines = [
        f"Restored the Hub as it was at {summary.made_at:%Y-%m-%d %H:%M:%S} UTC.",
        f"{summary.rows} rows, {summary.artifacts} artifacts.",
        *_unopened_lines(done.unopened),
        "Dispatch is held: start the Hub, let runners connect, look at what is queued, then: exekra dispatch release",
    ]
    document = {
        "backup": summary.model_dump(mode="json", by_alias=True),
        "replaced": None if done.replaced is None else _camel(vars(done.replaced)),
        "unopenedSecrets": [_camel(vars(each)) for each in done.unopened],
    }
    output.document(document, lines)


@key.command("export")
def export_vault_key(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to write.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    home: HomeOption = None,
    volumes: VolumesOption = None,
) -> None:
    """Write the vault key to a file that a passphrase opens; without a terminal it is read from two lines of stdin."""
    from services.launcher.backup.vault_key import export_key  # noqa: PLC0415 - see below

    output = session_of(context).output
    with _refusals():
        places = _places(home, volumes)
        ids = export_key(places.vault_key, file, _passphrase(output, twice=True), force=force)
    output.document(
        {"file": str(file), "keyIds": list(ids)}, [f"Wrote {file}. It is of no use without the passphrase."]
    )


@key.command("import")
def import_vault_key(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file that `exekra key export` wrote.")],
    home: HomeOption = None,
    volumes: VolumesOption = None,
) -> None:
    """Give a Hub the vault key of another one, so that restored secrets open. Restart the Hub afterwards."""
    from services.launcher.backup.vault_key import import_key  # noqa: PLC0415 - see below

    output = session_of(context).output
    with _refusals():
        ids = import_key(_places(home, volumes).vault_key, file, _passphrase(output, twice=False))
    lines = ["The key is there now: restart the Hub." if ids else "The Hub has this key already."]
    output.document({"imported": list(ids)}, lines)


def _with_hub(
    output: Output,
    home: Path | None,
    volumes: Path | None,
    work: "Callable[[Source], Awaitable[T]]",
    *,
    exclusive: bool = False,
) -> T:
    # Late: Postgres and cryptography are a fifth of every other command's start.
    from services.launcher.backup.sources import open_hub  # noqa: PLC0415
    from services.launcher.console import Console  # noqa: PLC0415

    async def run() -> T:
        console = Console("console", write=output.remark)
        async with open_hub(_settings(home), volumes, console, exclusive=exclusive) as hub:
            return await work(hub)

    with _refusals():
        return asyncio.run(run())


def _settings(home: Path | None) -> "LauncherSettings":
    from services.launcher.settings import LauncherSettings  # noqa: PLC0415 - see above

    settings = LauncherSettings()
    return settings if home is None else settings.model_copy(update={"home": home})


def _places(home: Path | None, volumes: Path | None) -> "Places":
    from services.launcher.backup.places import places_of_home, places_of_volumes  # noqa: PLC0415 - see above

    return places_of_home(_settings(home).home) if volumes is None else places_of_volumes(volumes)


@contextmanager
def _refusals() -> Iterator[None]:
    """Turns what the launcher says into what the command ends with."""
    import asyncpg  # noqa: PLC0415 - see above

    from services.kit.postgres import MigrationError  # noqa: PLC0415
    from services.kit.sealing import SealingError  # noqa: PLC0415
    from services.launcher.backup.errors import ArchiveError, BackupRefusedError  # noqa: PLC0415
    from services.launcher.errors import ChildFailedError, LaunchRefusedError  # noqa: PLC0415

    try:
        yield
    except (ArchiveError, BackupRefusedError, LaunchRefusedError, MigrationError, SealingError) as error:
        raise CliError(str(error), REFUSED) from None
    except (ChildFailedError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise CliError(f"It did not work: {error}", FAILED) from None


def _passphrase(output: Output, *, twice: bool) -> str:
    if output.is_terminal:
        return str(typer.prompt("Passphrase", hide_input=True, confirmation_prompt=twice, err=True))
    lines = [sys.stdin.readline().rstrip("\n") for _ in range(2 if twice else 1)]
    if not lines[0]:
        raise usage("Give the passphrase on standard input" + (", on two lines." if twice else "."))
    if twice and lines[0] != lines[1]:
        raise usage("The two lines of the passphrase differ: give it twice, so that a slip does not lock you out.")
    return lines[0]


def _unopened_lines(unopened: "list[Unopened]") -> list[str]:
    if not unopened:
        return []
    names = [f"  {each.kind} {each.name} (key {each.key_id})" for each in unopened]
    return ["The vault key here does not open these secrets; bring theirs: exekra key import FILE", *names]


def _camel(fields: dict[str, Any]) -> dict[str, Any]:
    def camel(name: str) -> str:
        first, *rest = name.split("_")
        return first + "".join(word.title() for word in rest)

    return {camel(name): value for name, value in fields.items()}


def _size(size: int) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{size} {unit}"
        size //= 1024
    return f"{size} GiB"
