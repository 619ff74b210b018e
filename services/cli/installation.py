"""`exekra settings …`: what is set for the whole installation."""

from typing import Annotated, Any

import typer

from services.cli.errors import usage
from services.cli.session import session_of
from services.client.models.administration import InstallationSettings

app = typer.Typer(no_args_is_help=True, help="Name the installation, choose its time zone.")


@app.command("show")
def show_settings(context: typer.Context) -> None:
    """Show the settings of the installation, and those its environment has fixed."""
    session = session_of(context)
    found = session.ask(lambda hub: hub.administration.settings())
    session.output.document({"settings": found.as_json()}, _lines(found))


@app.command("set")
def set_settings(
    context: typer.Context,
    name: Annotated[str | None, typer.Option(help="Tells this Hub from others; empty takes it back.")] = None,
    time_zone: Annotated[
        str | None, typer.Option(help="What new schedules begin with: Europe/Berlin; empty takes it back.")
    ] = None,
) -> None:
    """Change the settings that are given; the others stay."""
    given = {"installationName": name, "timeZone": time_zone}
    members: dict[str, Any] = {member: value or None for member, value in given.items() if value is not None}
    if not members:
        raise usage("Say what to set: --name, --time-zone or both.")
    session = session_of(context)
    found = session.ask(lambda hub: hub.administration.change_settings(**members))
    session.output.document({"settings": found.as_json()}, _lines(found))


def _lines(found: InstallationSettings) -> list[str]:
    rows = {
        "name": found.installation_name or "Exekra Hub (not named)",
        "time zone": found.time_zone or "everybody's own (not set)",
        "version": found.version,
        "installation": found.installation_id,
        **{setting.variable: setting.value if setting.value is not None else "not set" for setting in found.fixed},
    }
    width = max(map(len, rows))
    return [f"{word:{width}}  {value}" for word, value in rows.items()]
