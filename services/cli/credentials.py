"""`exekra credential …`: the vault. Values are typed or piped in, never arguments: those are seen by whoever looks."""

import getpass
import json
import sys
from typing import Annotated, Any

import typer

from services.cli.errors import usage
from services.cli.session import session_of
from services.client import Hub

app = typer.Typer(no_args_is_help=True, help="Credentials that nodes use; their values are never shown.")

KINDS = {
    "login": ("username", "password"),
    "token": ("token",),
    "keyValue": (),
    "certificate": ("certificate", "privateKey"),
}
MULTILINE = frozenset({"certificate", "privateKey"})
Name = Annotated[str, typer.Argument(metavar="CREDENTIAL", help="Name or id.")]
Description = Annotated[str | None, typer.Option(help="What it is for.")]
Workflow = Annotated[list[str] | None, typer.Option(help="Only this workflow may use it; may be repeated.")]
Host = Annotated[list[str] | None, typer.Option(help="Only sent to this host, *.example.com for all below; repeated.")]
COLUMNS = {
    "NAME": "name",
    "KIND": "kind",
    "FIELDS": "fields",
    "USED BY": "users",
    "LAST USED": "lastUsedAt",
    "CHANGED": "valueChangedAt",
    "ID": "id",
}


@app.command("list")
def list_credentials(
    context: typer.Context, search: Annotated[str, typer.Option(help="Part of the name or description.")] = ""
) -> None:
    """List credentials by name, with where they are used."""
    session = session_of(context)
    items = session.ask(lambda hub: hub.items("/credentials", q=search))
    rows = [{**item, "users": [user["name"] for user in item["usedBy"]]} for item in items]
    session.output.table(rows, COLUMNS, "There is no credential. Make one: exekra credential create NAME")


@app.command("create")
def create_credential(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What expressions call it: letters, digits, underscores.")],
    kind: Annotated[str, typer.Option(help="login, token, keyValue or certificate.")] = "login",
    field: Annotated[list[str] | None, typer.Option(help="Names of the fields of a keyValue; may be repeated.")] = None,
    description: Description = None,
    workflow: Workflow = None,
    host: Host = None,
) -> None:
    """Make a credential. The value is asked for, or read as a JSON object from the standard input."""
    if kind not in KINDS:
        raise usage(f"There is no kind {kind!r}; there are: {', '.join(KINDS)}.")
    session = session_of(context)
    body = {"name": name, "kind": kind, "value": _read_value(KINDS[kind] or tuple(field or ()))}
    body |= {} if description is None else {"description": description}

    async def make(hub: Hub) -> dict[str, Any]:
        made: dict[str, Any] = await hub.create("/credentials", {**body, **await _limits(hub, workflow, host)})
        return made

    answer = session.ask(make)
    session.output.document(answer, [f"Made {name} ({answer['credential']['id']}). Its value is never shown again."])


@app.command("update")
def update_credential(
    context: typer.Context,
    name: Name,
    value: Annotated[bool, typer.Option("--value", help="Replace the value, asked for or read from stdin.")] = False,
    description: Description = None,
    workflow: Workflow = None,
    host: Host = None,
    any_workflow: Annotated[bool, typer.Option("--any-workflow", help="Every workflow may use it.")] = False,
    any_host: Annotated[bool, typer.Option("--any-host", help="It may be sent anywhere.")] = False,
) -> None:
    """Replace the value of a credential, or change its limits; what is left out stays."""
    if (any_workflow and workflow) or (any_host and host):
        raise usage("Give limits or lift them, not both.")
    if not (value or description is not None or workflow or host or any_workflow or any_host):
        raise usage("Say what is to change; see exekra credential update --help.")
    session = session_of(context)
    found = session.ask(lambda hub: hub.credentials.find(name))
    body: dict[str, Any] = {} if description is None else {"description": description}
    body |= {"workflowIds": []} if any_workflow else {}
    body |= {"hosts": []} if any_host else {}
    body |= {"value": _read_value(found.fields)} if value else {}

    async def change(hub: Hub) -> dict[str, Any]:
        members = {**body, **await _limits(hub, workflow, host)}
        changed: dict[str, Any] = await hub.patch(f"/credentials/{found.id}", members)
        return changed

    session.output.document(session.ask(change), [f"Changed {found.name}."])


@app.command("delete")
def delete_credential(
    context: typer.Context,
    name: Name,
    force: Annotated[bool, typer.Option("--force", help="Although workflows name it: they will fail.")] = False,
) -> None:
    """Delete a credential with its value."""
    session = session_of(context)

    async def remove(hub: Hub) -> str:
        found = await hub.credentials.find(name)
        await hub.credentials.delete(found.id, force=force)
        return found.id

    session.output.document({"id": session.ask(remove)}, [f"Deleted {name}."])


async def _limits(hub: Hub, workflows: list[str] | None, hosts: list[str] | None) -> dict[str, Any]:
    found: dict[str, Any] = {"hosts": hosts} if hosts else {}
    if workflows:
        found["workflowIds"] = [(await hub.workflows.find(name)).id for name in workflows]
    return found


def _read_value(fields: tuple[str, ...]) -> dict[str, str]:
    """Typed by a person field by field, or a JSON object on the standard input."""
    if not sys.stdin.isatty():
        try:
            document = json.loads(sys.stdin.read())
        except ValueError:
            raise usage('Give the value as a JSON object, for instance {"token": "…"}.') from None
        if not isinstance(document, dict):
            raise usage("Give the value as a JSON object with a text for each field.")
        return document
    if not fields:
        raise usage("Name the fields: --field NAME, once for each.")
    if MULTILINE.intersection(fields):
        raise usage("A certificate has many lines: pipe the value in as a JSON object.")
    return {field: getpass.getpass(f"{field}: ") for field in fields}
