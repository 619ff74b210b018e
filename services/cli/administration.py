"""`exekra dispatch …`, `exekra audit …` and `exekra license …`: what an administrator answers for."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from services.cli.errors import FAILED
from services.cli.profile import read_text
from services.cli.session import session_of
from services.client import Hub
from services.client.models.administration import License

dispatch = typer.Typer(no_args_is_help=True, help="Hold and release the assignment of work.")
audit = typer.Typer(no_args_is_help=True, help="Check and export the audit log.")
BELLS = {
    "redis": "Redis wakes those who assign it.",
    "away": "Redis does not answer; the scheduler assigns by itself meanwhile.",
    "none": "The Hub was set up without Redis.",
}
licence = typer.Typer(no_args_is_help=True, help="Install a licence, and see what the installation is entitled to.")


@dispatch.command("hold")
def hold_dispatch(
    context: typer.Context, reason: Annotated[str, typer.Option(help="Why; it is shown to whoever wonders.")] = ""
) -> None:
    """Assign no work until released; running work goes on."""
    session = session_of(context)
    session.ask(lambda hub: hub.administration.hold_dispatch(reason))
    session.output.document({"held": True}, ["Nothing is assigned until: exekra dispatch release"])


@dispatch.command("release")
def release_dispatch(context: typer.Context) -> None:
    """Assign work again."""
    session = session_of(context)
    session.ask(lambda hub: hub.administration.release_dispatch())
    session.output.document({"held": False}, ["Work is assigned again."])


@dispatch.command("show")
def show_dispatch(context: typer.Context) -> None:
    """Show whether work is assigned, and who holds it why."""
    session = session_of(context)
    found = session.ask(lambda hub: hub.administration.dispatch())
    document = found.as_json()
    held = f"Held by {found.held_by} since {document.get('heldAt')}: {found.reason or 'no reason given'}"
    session.output.document(document, [held if found.held else "Work is assigned.", BELLS.get(found.bell, found.bell)])


@licence.command("show")
def show_licence(context: typer.Context) -> None:
    """Show the licence in force, and what is used of it."""
    session = session_of(context)
    found = session.ask(lambda hub: hub.administration.license())
    session.output.document({"license": found.as_json()}, _licence_lines(found))


@licence.command("install")
def install_licence(
    context: typer.Context, file: Annotated[Path, typer.Argument(help="The .lic file; - reads it from standard input.")]
) -> None:
    """Put a licence in force. Installed again, it changes nothing."""
    session = session_of(context)
    text = sys.stdin.read() if str(file) == "-" else read_text(file)
    found = session.ask(lambda hub: hub.administration.install_license(text))
    session.output.document({"license": found.as_json()}, ["Installed.", *_licence_lines(found)])


def _licence_lines(found: License) -> list[str]:
    document = found.as_json()
    rows = {
        "runners": f"{found.runners_used} of {found.runner_limit}",
        "executions": f"{found.concurrent_executions} at a time",
        "features": ", ".join(found.features),
        "expires": document.get("expiresAt"),
        "nothing may be added from": document.get("graceUntil") if found.state == "grace" else None,
        "community limits from": document.get("frozenUntil") if found.state in ("grace", "frozen") else None,
        "licence": found.id,
        "installation": found.installation_id,
        "problem": found.problem,
    }
    shown = {word: value for word, value in rows.items() if value}
    width = max(map(len, shown))
    head = ", ".join(dict.fromkeys(word for word in (found.edition, found.state, found.customer) if word))
    return [head, *(f"{word:{width}}  {value}" for word, value in shown.items())]


@audit.command("verify")
def verify_audit(context: typer.Context) -> None:
    """Recompute the chain of audit events; exits 1 when it is broken."""
    session = session_of(context)
    verdict = session.ask(lambda hub: hub.administration.verify_audit())
    line = f"{verdict.checked} events, the chain holds." if verdict.valid else f"Broken: {verdict.message}"
    session.output.document(verdict.as_json(), [line])
    if not verdict.valid:
        raise typer.Exit(FAILED)


@audit.command("export")
def export_audit(
    context: typer.Context,
    output: Annotated[Path | None, typer.Option(help="Write to this file instead of printing.")] = None,
) -> None:
    """Print all audit events in order, one JSON object a line."""
    session = session_of(context)

    async def fetch(hub: Hub) -> None:
        if output is None:
            async for chunk in hub.administration.export_audit():
                sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()
            return
        with output.open("wb") as file:
            async for chunk in hub.administration.export_audit():
                file.write(chunk)
        session.output.document({"file": str(output)}, [f"Wrote {output}."])

    session.ask(fetch)
