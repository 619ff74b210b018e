"""`exekra runner …`: register machines, rotate their secrets, drain them."""

from typing import Annotated, Any

import typer

from services.cli.client import Hub
from services.cli.naming import find_runner
from services.cli.session import session_of

app = typer.Typer(no_args_is_help=True, help="Register machines, rotate their secrets, drain them.")

Name = Annotated[str, typer.Argument(metavar="RUNNER", help="Name or id.")]
COLUMNS = {
    "NAME": "name",
    "STATE": "state",
    "FREE": "freeSlots",
    "SLOTS": "slots",
    "LABELS": "labels",
    "DRAINING": "draining",
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
    items = session.ask(lambda hub: hub.items("/runners", state=state.upper(), label=label))
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
    body = {"name": name, "labels": label or [], "slots": slots}
    answer = session.ask(lambda hub: hub.post("/runners", body))
    session.output.document(answer, _secret_lines(answer))


@app.command("rotate")
def rotate_secret(context: typer.Context, name: Name) -> None:
    """Make a new secret; the old one is dead at once."""
    session = session_of(context)
    answer = session.ask(lambda hub: _act(hub, name, "rotate-secret"))
    session.output.document(answer, _secret_lines(answer))


@app.command("drain")
def drain_runner(context: typer.Context, name: Name) -> None:
    """Give a runner no new work; what runs goes on."""
    session = session_of(context)
    answer = session.ask(lambda hub: _act(hub, name, "drain"))
    session.output.document(answer, [f"{answer['runner']['name']} gets no new work."])


@app.command("resume")
def resume_runner(context: typer.Context, name: Name) -> None:
    """Give a drained runner work again."""
    session = session_of(context)
    answer = session.ask(lambda hub: _act(hub, name, "resume"))
    session.output.document(answer, [f"{answer['runner']['name']} gets work again."])


async def _act(hub: Hub, name: str, action: str) -> dict[str, Any]:
    runner = await find_runner(hub, name)
    answer: dict[str, Any] = await hub.post(f"/runners/{runner['id']}/{action}")
    return answer


def _secret_lines(answer: dict[str, Any]) -> list[str]:
    return [
        f"{answer['runner']['name']} ({answer['runner']['id']})",
        f"machine key     {answer['machineKey']}",
        f"machine secret  {answer['machineSecret']}   (shown this once)",
        f"pair it there:  {answer['pairCommand']}",
    ]
