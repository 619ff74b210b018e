"""A Hub as a whole: start and stop one here, see how one is."""

import asyncio
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from services.cli import checks
from services.cli.errors import FAILED, REFUSED, CliError, usage
from services.cli.output import shown
from services.cli.session import session_of
from services.client import Hub


def add_to(app: typer.Typer) -> None:
    """Adds the commands."""
    for command in (up, down, demo, status, doctor):
        app.command(command.__name__)(command)
    app.command("migrate")(migrate_database)


Home = Annotated[Path | None, typer.Option(help="Data folder of the Hub; EXEKRA_HOME or .data when left out.")]


def up(home: Home = None) -> None:
    """Run a Hub on this machine in the foreground; Ctrl-C drains it."""
    _become("services.launcher", "up", home=home)


def down(home: Home = None) -> None:
    """Stop the Hub that runs in the data folder."""
    _become("services.launcher", "down", home=home)


def demo(
    home: Home = None,
    url: Annotated[str | None, typer.Option(help="Of a Hub that runs; without it the demo starts its own.")] = None,
    ca: Annotated[Path | None, typer.Option(help="PEM file of that Hub's authority.")] = None,
    email: Annotated[str | None, typer.Option(help="Of a person there who may edit workflows.")] = None,
    password_file: Annotated[Path | None, typer.Option(help="File with this person's password.")] = None,
    listen: Annotated[str | None, typer.Option(help="Address of this machine that the runner reaches.")] = None,
    files: Annotated[str | None, typer.Option(metavar="HERE:THERE", help="Folder shared with the runner.")] = None,
) -> None:
    """Start a Hub and a runner (or use those of --url), run the demo workflow on real files, check its result."""
    if find_spec("scripts") is None or find_spec("scripts.demo") is None:
        raise CliError("The demo is part of the source tree: run `make demo` there.", REFUSED)
    options = {
        "--url": url,
        "--ca": ca,
        "--email": email,
        "--password-file": password_file,
        "--listen": listen,
        "--files": files,
    }
    given = [str(part) for name, value in options.items() if value is not None for part in (name, value)]
    _become("scripts.demo", *given, home=home)


def status(context: typer.Context) -> None:
    """Show what the Hub is doing now."""
    session = session_of(context)

    async def look(hub: Hub) -> dict[str, Any]:
        version = (await hub.look("/.well-known/exekra")).get("version")
        who = await hub.administration.me()
        backup = await checks.last_backup(hub) if "audit:view" in who.permissions else None
        made_at = backup.isoformat() if backup else None
        dispatch = await hub.administration.dispatch() if "execution:view" in who.permissions else None
        return {
            "url": hub.url,
            "version": version,
            "lastBackupAt": made_at,
            "dispatch": dispatch.as_json() if dispatch else None,
            **await hub.administration.dashboard(),
        }

    found = session.ask(look)
    executions = ", ".join(
        f"{entry['count']}{'+' if entry.get('more') else ''} {entry['status']}" for entry in found["executions"]
    )
    runners = ", ".join(f"{entry['count']} {entry['state']}" for entry in found["runners"])
    failures = [
        f"failed: {failure['workflowName']} {failure['id']}  {failure['code']}: {failure['message']}"
        for failure in found["recentFailures"]
    ]
    lines = [
        f"Hub        {found['url']}  version {shown(found['version'])}",
        *_held_lines(found["dispatch"]),
        f"executions {executions or 'none'}",
        f"runners    {runners or 'none'}",
        *([f"backup     {found['lastBackupAt']:.16}"] if found["lastBackupAt"] else []),
        *failures,
    ]
    session.output.document(found, lines)


def _held_lines(dispatch: dict[str, Any] | None) -> list[str]:
    if dispatch is None or not dispatch["held"]:
        return []
    since = shown(dispatch.get("heldAt"))[:16]
    return [
        f"held       by {shown(dispatch.get('heldBy'))} since {since}: {dispatch.get('reason') or 'no reason given'}",
        "           Nothing is assigned until a person says: exekra dispatch release",
    ]


def doctor(context: typer.Context) -> None:
    """Check what a Hub needs, from this machine to its runners; exits 1 when something is wrong."""
    session = session_of(context)
    found = asyncio.run(checks.check_all(session.profile()))
    marks = {checks.GOOD: "ok     ", checks.POOR: "warning", checks.BAD: "wrong  "}
    lines = [f"{marks[check.verdict]} {check.name}: {check.message}" for check in found]
    session.output.document({"checks": [check.as_json() for check in found]}, lines)
    if any(check.verdict == checks.BAD for check in found):
        raise typer.Exit(FAILED)


def migrate_database(
    context: typer.Context,
    database_url: Annotated[
        str, typer.Option(envvar="EXEKRA_DATABASE_URL", help="Of a user who owns the schemas.", show_envvar=True)
    ] = "",
) -> None:
    """Bring the database of EXEKRA_DATABASE_URL to this version. The embedded one is migrated by `exekra up`."""
    if not database_url:
        raise usage("Set EXEKRA_DATABASE_URL; the embedded database is migrated by `exekra up`.")
    from services.cli.migration import migrate_all  # noqa: PLC0415 - a fifth of every other command's start

    applied = asyncio.run(migrate_all(database_url))
    lines = [f"{service}: {', '.join(names) or 'nothing to do'}" for service, names in applied.items()]
    session_of(context).output.document({"applied": applied}, lines)


def _become(module: str, *arguments: str, home: Path | None) -> NoReturn:
    """The other program in place of this one, so that signals reach it."""
    if home is not None:
        os.environ["EXEKRA_HOME"] = str(home)
    command = [sys.executable, "-m", module, *arguments]
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "posix":
        os.execv(command[0], command)  # noqa: S606 - our own interpreter and module
    raise typer.Exit(subprocess.run(command, check=False).returncode)  # noqa: S603 - our own interpreter and module
