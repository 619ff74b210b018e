"""`exekra runner …`: register machines, rotate their secrets, drain them."""

from typing import Annotated

import typer

from services.cli.completion import complete_runner
from services.cli.output import documents
from services.cli.session import session_of
from services.client import Hub
from services.client.models.runners import Runner, RunnerSecret

app = typer.Typer(no_args_is_help=True, help="Register machines, rotate their secrets, drain them.")

Name = Annotated[str, typer.Argument(metavar="RUNNER", help="Name or id.", autocompletion=complete_runner)]
COLUMNS = {
    "NAME": "name",
    "STATE": "state",
    "FREE": "freeSlots",
    "SLOTS": "slots",
    "LABELS": "labels",
    "DRAINING": "draining",
    "PAUSED": "pause.since",
    "PAUSED BY": "pause.by",
    "DISABLED": "disabled",
    "LAST SEEN": "lastSeenAt",
    "ID": "id",
}


@app.command("list")
def list_runners(
    context: typer.Context,
    state: Annotated[str, typer.Option(help="ONLINE, BUSY or OFFLINE.")] = "",
    label: Annotated[str, typer.Option(help="A label.")] = "",
) -> None:
    """List runners by name."""
    session = session_of(context)
    items = session.ask(lambda hub: documents(hub.runners.each(state=state.upper(), label=label)))
    session.output.table(items, COLUMNS, "There is no runner. Register one: exekra runner register NAME")


@app.command("register")
def register_runner(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="How people call the machine.")],
    label: Annotated[list[str] | None, typer.Option(help="Repeatable.")] = None,
    slots: Annotated[int, typer.Option(min=1, help="Executions at a time.")] = 1,
) -> None:
    """Register a runner. Its secret is printed this once."""
    session = session_of(context)
    secret = session.ask(lambda hub: hub.runners.register(name, labels=label or (), slots=slots))
    session.output.document(secret.as_json(), _secret_lines(secret))


@app.command("rotate")
def rotate_secret(context: typer.Context, name: Name) -> None:
    """Make a new secret; the old one is dead at once."""
    session = session_of(context)

    async def rotate(hub: Hub) -> RunnerSecret:
        return await hub.runners.rotate_secret((await hub.runners.find(name)).id)

    secret = session.ask(rotate)
    session.output.document(secret.as_json(), _secret_lines(secret))


@app.command("drain")
def drain_runner(context: typer.Context, name: Name) -> None:
    """Give a runner no new work; what runs goes on."""
    session = session_of(context)

    async def drain(hub: Hub) -> Runner:
        return await hub.runners.drain((await hub.runners.find(name)).id)

    runner = session.ask(drain)
    session.output.document({"runner": runner.as_json()}, [f"{runner.name} gets no new work."])


@app.command("resume")
def resume_runner(context: typer.Context, name: Name) -> None:
    """Give a drained runner work again."""
    session = session_of(context)

    async def resume(hub: Hub) -> Runner:
        return await hub.runners.resume((await hub.runners.find(name)).id)

    runner = session.ask(resume)
    session.output.document({"runner": runner.as_json()}, [f"{runner.name} gets work again."])


def _secret_lines(secret: RunnerSecret) -> list[str]:
    return [
        f"{secret.runner.name} ({secret.runner.id})",
        f"machine key     {secret.machine_key}",
        f"machine secret  {secret.machine_secret}   (shown this once)",
        f"pair it there:  {secret.pair_command}",
    ]
