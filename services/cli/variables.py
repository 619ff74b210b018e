"""`exekra variable …`: named values of the installation that every workflow may read."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.errors import usage
from services.cli.output import documents
from services.cli.profile import read_text
from services.cli.session import session_of
from services.client import Hub, NoneNamedError
from services.client.models.variables import Variable

app = typer.Typer(no_args_is_help=True, help="Named values that every workflow may read, as globals.NAME.")

Name = Annotated[str, typer.Argument(metavar="VARIABLE", help="Name or id.")]
COLUMNS = {"NAME": "name", "VALUE": "value", "READ BY": "readers", "DESCRIPTION": "description", "CHANGED": "updatedAt"}
SHOWN_CHARACTERS = 60


@app.command("list")
def list_variables(
    context: typer.Context, search: Annotated[str, typer.Option(help="Part of the name or description.")] = ""
) -> None:
    """List variables by name."""
    session = session_of(context)
    items = session.ask(lambda hub: documents(hub.variables.each(search=search)))
    shown = items if session.output.as_json else [_row(item) for item in items]
    session.output.table(shown, COLUMNS, "There is no variable. Make one: exekra variable set NAME VALUE")


@app.command("show")
def show_variable(context: typer.Context, name: Name) -> None:
    """Show a variable, and which published workflows read it."""
    session = session_of(context)
    variable = session.ask(lambda hub: hub.variables.find(name))
    lines = [
        f"{variable.name}  ({variable.id})",
        *([variable.description] if variable.description else []),
        json.dumps(variable.value, indent=2, ensure_ascii=False),
        *(f"read by {user.name}  ({user.workflow_id})" for user in variable.used_by),
    ]
    session.output.document({"variable": variable.as_json()}, lines)


@app.command("set")
def set_variable(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="As expressions are to read it: globals.NAME.")],
    value: Annotated[str, typer.Argument(help="JSON, or plain text; @FILE reads a file.")],
    text: Annotated[bool, typer.Option("--text", help="The value is text, whatever it looks like.")] = False,
    description: Annotated[str | None, typer.Option(help="What it is for.")] = None,
) -> None:
    """Make a variable, or give one another value."""
    session = session_of(context)
    members: dict[str, Any] = {"value": _read(value, text=text)}
    if description is not None:
        members["description"] = description

    async def save(hub: Hub) -> Variable:
        try:
            found = await hub.variables.find(name)
        except NoneNamedError:
            return await hub.variables.create(name, members["value"], description=description or "")
        return await hub.variables.change(found.id, **members)

    variable = session.ask(save)
    session.output.document({"variable": variable.as_json()}, [f"globals.{variable.name} = {_short(variable.value)}"])


@app.command("delete")
def delete_variable(
    context: typer.Context,
    name: Name,
    force: Annotated[bool, typer.Option("--force", help="Although published workflows read it.")] = False,
) -> None:
    """Delete a variable that no published workflow reads."""
    session = session_of(context)

    async def remove(hub: Hub) -> str:
        variable = await hub.variables.find(name)
        await hub.variables.delete(variable.id, force=force)
        return variable.id

    session.output.document({"id": session.ask(remove)}, [f"Deleted {name}."])


def _read(given: str, *, text: bool) -> Any:
    if given.startswith("@"):
        given = read_text(Path(given[1:]))
    if text:
        return given
    try:
        return json.loads(given)
    except ValueError:
        if given.lstrip()[:1] in ("{", "["):
            raise usage("The value begins like JSON and is none; say --text if it is meant as text.") from None
        return given


def _row(item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "value": _short(item["value"]), "readers": len(item["usedBy"])}


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 1]}…"
