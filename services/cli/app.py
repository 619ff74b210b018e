"""The tree of commands."""

from typing import Annotated

import typer

from services.cli import (
    administration,
    approvals,
    backups,
    breakers,
    calendars,
    credentials,
    deliveries,
    events,
    executions,
    fires,
    hub,
    hub_service,
    installation,
    notifications,
    queue_items,
    queues,
    runners,
    running,
    sign_in,
    triggers,
    variables,
    webhooks,
    workflows,
)
from services.cli.errors import usage
from services.cli.files import commands
from services.cli.output import Output
from services.cli.session import Session
from services.cli.settings import CliSettings

app = typer.Typer(
    name="exekra",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Exekra Hub: workflows, executions and runners from the command line.",
    epilog="Exits 0 ok, 1 failed, 2 usage, 3 not found, 4 refused, 5 unreachable, 6 execution not COMPLETED.",
)


@app.callback()
def root(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON; may stand anywhere.")] = False,
) -> None:
    """Exekra Hub: workflows, executions and runners from the command line."""
    try:
        settings = CliSettings()
    except (ValueError, OSError) as error:
        raise usage(f"An EXEKRA_ variable cannot be used: {error}") from None
    context.obj = Session(Output(as_json), settings)


hub.add_to(app)
backups.add_to(app)
sign_in.add_to(app)
running.add_to(app)
commands.add_to(app)
app.add_typer(workflows.app, name="workflow")
app.add_typer(executions.app, name="execution")
app.add_typer(approvals.app, name="approval")
app.add_typer(runners.app, name="runner")
webhooks.add_to(triggers.app)
breakers.add_to(triggers.app, app)
fires.add_to(triggers.app)
app.add_typer(triggers.app, name="trigger")
app.add_typer(deliveries.app, name="delivery")
app.add_typer(variables.app, name="variable")
app.add_typer(calendars.app, name="calendar")
queue_items.add_to(queues.app)
app.add_typer(queues.app, name="queue")
app.add_typer(credentials.app, name="credential")
app.add_typer(events.app, name="event")
app.add_typer(notifications.app, name="notification")
app.add_typer(administration.dispatch, name="dispatch")
app.add_typer(administration.audit, name="audit")
app.add_typer(administration.licence, name="license")
app.add_typer(installation.app, name="settings")
app.add_typer(hub_service.app, name="service")
