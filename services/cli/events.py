"""`exekra event …`: who is told of events by signed HTTP, what they were sent, sending it again."""

import json
from difflib import get_close_matches
from typing import Annotated, Any

import typer

from services.cli.errors import FAILED, usage
from services.cli.output import shown
from services.cli.session import session_of
from services.client import Hub, is_id
from services.client.resources.lookup import NoneNamedError

app = typer.Typer(no_args_is_help=True, help="Endpoints that are told of events; what they were sent, and again.")

ENDPOINTS = "/event-endpoints"
Name = Annotated[str, typer.Argument(metavar="ENDPOINT", help="Name or id.")]
COLUMNS = {
    "NAME": "name",
    "URL": "url",
    "ENABLED": "enabled",
    "EVENTS": "eventTypes",
    "PENDING": "pending",
    "PARKED": "parked",
    "LAST ERROR": "lastError",
    "ID": "id",
}
DELIVERY_COLUMNS = {
    "AT": "eventAt",
    "EVENT": "eventType",
    "SUBJECT": "subjectId",
    "STATUS": "status",
    "TRIES": "attempts",
    "ANSWER": "responseStatus",
    "ERROR": "error",
    "ID": "id",
}


@app.command("types")
def list_types(context: typer.Context) -> None:
    """List the types of events."""
    session = session_of(context)
    items = session.ask(lambda hub: hub.items("/event-types"))
    session.output.table(items, {"EVENT": "name", "SAYS": "description"}, "There are none.")


@app.command("list")
def list_endpoints(context: typer.Context) -> None:
    """List endpoints by name."""
    session = session_of(context)
    items = session.ask(lambda hub: hub.items(ENDPOINTS))
    session.output.table(items, COLUMNS, "There is no endpoint. Make one: exekra event create NAME URL")


@app.command("create")
def create_endpoint(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="How people call it.")],
    url: Annotated[str, typer.Argument(help="Where events are posted to.")],
    event: Annotated[list[str] | None, typer.Option(help="A type, * for any part; repeatable.")] = None,
    workflow: Annotated[list[str] | None, typer.Option(help="Of these workflows alone; repeatable.")] = None,
    label: Annotated[list[str] | None, typer.Option(help="Of these labels alone; repeatable.")] = None,
    header: Annotated[list[str] | None, typer.Option(help="'Name: value' to send along; repeatable.")] = None,
    private: Annotated[bool, typer.Option("--private", help="Its address may be a private one.")] = False,
) -> None:
    """Make an endpoint. Its secret is printed this once."""
    session = session_of(context)
    body = {
        "name": name,
        "url": url,
        "eventTypes": event or ["execution.*"],
        "labels": label or [],
        "headers": dict(_header(text) for text in header or []),
        "allowPrivate": private,
    }

    async def make(hub: Hub) -> dict[str, Any]:
        chosen = [(await hub.workflows.find(each)).id for each in workflow or []]
        made: dict[str, Any] = await hub.create(ENDPOINTS, {**body, "workflowIds": chosen})
        return made

    session.output.document(made := session.ask(make), _secret_lines(made))


@app.command("enable")
def enable_endpoint(context: typer.Context, name: Name) -> None:
    """Send to an endpoint again."""
    _change(context, name, {"enabled": True}, "is told of events.")


@app.command("disable")
def disable_endpoint(context: typer.Context, name: Name) -> None:
    """Send nothing to an endpoint; what it misses can be replayed."""
    _change(context, name, {"enabled": False}, "is told nothing.")


@app.command("rotate")
def rotate_secret(
    context: typer.Context,
    name: Name,
    overlap: Annotated[int, typer.Option(min=0, help="Seconds in which the old secret signs as well.")] = 86_400,
) -> None:
    """Make a new secret. It is printed this once."""
    session = session_of(context)
    answer = session.ask(lambda hub: _act(hub, name, "rotate", {"overlapSeconds": overlap}))
    session.output.document(answer, _secret_lines(answer))


@app.command("test")
def test_endpoint(context: typer.Context, name: Name) -> None:
    """Send a test now; exits 1 when it is not taken."""
    session = session_of(context)
    answer = session.ask(lambda hub: _act(hub, name, "test"))
    attempt = answer["attempt"]
    lines = [
        f"{answer['delivery']['status']} after {attempt['durationSeconds']:.3f} s",
        f"answer {shown(attempt['responseStatus'])}",
        *([attempt["error"]] if attempt["error"] else []),
        *([attempt["responseBody"]] if attempt["responseBody"] else []),
    ]
    session.output.document(answer, lines)
    if answer["delivery"]["status"] != "delivered":
        raise typer.Exit(FAILED)


@app.command("deliveries")
def list_deliveries(
    context: typer.Context,
    name: Name,
    status: Annotated[str, typer.Option(help="pending, delivered or parked.")] = "",
    event: Annotated[str, typer.Option(help="A type.")] = "",
    subject: Annotated[str, typer.Option(help="Id of an execution, a runner, ….")] = "",
    most: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
) -> None:
    """List what an endpoint was sent, the newest first."""
    session = session_of(context)

    async def look(hub: Hub) -> list[dict[str, Any]]:
        path = f"{ENDPOINTS}/{await find_endpoint(hub, name)}/deliveries"
        return await hub.items(path, most, status=status, eventType=event, subjectId=subject)

    session.output.table(session.ask(look), DELIVERY_COLUMNS, "Nothing was sent to it.")


@app.command("delivery")
def show_delivery(
    context: typer.Context, name: Name, delivery: Annotated[str, typer.Argument(help="Id of a delivery.")]
) -> None:
    """Show a delivery with its body and every try."""
    session = session_of(context)

    async def look(hub: Hub) -> dict[str, Any]:
        found: dict[str, Any] = await hub.get(f"{ENDPOINTS}/{await find_endpoint(hub, name)}/deliveries/{delivery}")
        return found

    answer = session.ask(look)
    lines = [
        f"{answer['delivery']['eventType']}  {answer['delivery']['status']}  {answer['delivery']['messageId']}",
        json.dumps(answer["body"], indent=2, ensure_ascii=False),
    ]
    for attempt in answer["attempts"]:
        lines.append(
            f"try {attempt['attemptNo']}  {attempt['at']}  {attempt['outcome']}  {shown(attempt['responseStatus'])}"
        )
        lines += [f"  {text}" for text in (attempt["error"], attempt["responseBody"]) if text]
    session.output.document(answer, lines)


@app.command("replay")
def replay_events(
    context: typer.Context,
    name: Name,
    delivery: Annotated[list[str] | None, typer.Option(help="Id of a delivery; repeatable.")] = None,
    since: Annotated[str, typer.Option("--from", help="Events from this time, as 2026-01-31T08:00:00Z.")] = "",
    until: Annotated[str, typer.Option("--to", help="Events before this time.")] = "",
    status: Annotated[list[str] | None, typer.Option(help="parked (unless said otherwise) or delivered.")] = None,
    missed: Annotated[bool, typer.Option("--missed", help="Also what it was never sent.")] = False,
) -> None:
    """Send events again, in their order."""
    session = session_of(context)
    body: dict[str, Any] = {"deliveryIds": delivery or [], "status": status or [], "missed": missed}
    body |= {member: value for member, value in (("from", since), ("to", until)) if value}

    async def again(hub: Hub) -> dict[str, Any]:
        answer: dict[str, Any] = await hub.create(f"{ENDPOINTS}/{await find_endpoint(hub, name)}/replay", body)
        return answer

    answer = session.ask(again)
    more = " There are more: run it again once these are through." if answer["more"] else ""
    session.output.document(answer, [f"{answer['replayed']} events will be sent again.{more}"])


@app.command("delete")
def delete_endpoint(context: typer.Context, name: Name) -> None:
    """Delete an endpoint; what was still to be sent is forgotten."""
    session = session_of(context)

    async def remove(hub: Hub) -> None:
        await hub.delete(f"{ENDPOINTS}/{await find_endpoint(hub, name)}")

    session.ask(remove)
    session.output.document({"deleted": name}, [f"{name} is gone."])


async def find_endpoint(hub: Hub, name: str) -> str:
    """The id of an endpoint by name or id. Raises NoneNamedError."""
    return await find_in_whole_list(hub, "event endpoint", ENDPOINTS, name)


async def find_in_whole_list(hub: Hub, what: str, path: str, name: str) -> str:
    """The id of something in a list that is answered whole, by name or id. Raises NoneNamedError."""
    if is_id(name):
        return name
    items = await hub.items(path)
    for item in items:
        if item["name"].casefold() == name.casefold():
            return str(item["id"])
    raise NoneNamedError(what, name, get_close_matches(name, [item["name"] for item in items]))


async def _act(hub: Hub, name: str, action: str, body: Any = None) -> dict[str, Any]:
    answer: dict[str, Any] = await hub.post(f"{ENDPOINTS}/{await find_endpoint(hub, name)}/{action}", body)
    return answer


def _change(context: typer.Context, name: str, body: dict[str, Any], said: str) -> None:
    session = session_of(context)

    async def change(hub: Hub) -> dict[str, Any]:
        answer: dict[str, Any] = await hub.patch(f"{ENDPOINTS}/{await find_endpoint(hub, name)}", body)
        return answer

    answer = session.ask(change)
    session.output.document(answer, [f"{answer['endpoint']['name']} {said}"])


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise usage(f"--header reads 'Name: value', not {text!r}.")
    return name.strip(), value.strip()


def _secret_lines(answer: dict[str, Any]) -> list[str]:
    endpoint = answer["endpoint"]
    return [f"{endpoint['name']} ({endpoint['id']})", f"secret  {answer['secret']}   (shown this once)"]
