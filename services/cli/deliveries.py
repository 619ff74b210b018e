"""`exekra delivery …`: the inbox of webhook triggers, replay, and how to call one."""

from typing import Annotated, Any

import typer

from services.cli.errors import usage
from services.cli.naming import require_id
from services.cli.output import shown
from services.cli.session import session_of
from services.cli.triggers import find_trigger
from services.client import Hub

app = typer.Typer(no_args_is_help=True, help="What other systems sent to webhook triggers.")

Trigger = Annotated[str, typer.Argument(metavar="TRIGGER", help="Name or id.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="The delivery's id.")]
COLUMNS = {
    "RECEIVED": "receivedAt",
    "OUTCOME": "outcome",
    "REASON": "reason",
    "FROM": "ip",
    "BYTES": "bodyBytes",
    "SENDER'S ID": "dedupeId",
    "EXECUTION": "executionId",
    "ID": "id",
}
REJECTED_COLUMNS = {"LAST": "lastAt", "TIMES": "times", "FROM": "ip", "REASON": "reason", "MESSAGE": "message"}
FACTS = ("receivedAt", "ip", "query", "dedupeId", "executionId", "replayOf", "contentType", "bodyBytes")


@app.command("list")
def list_deliveries(
    context: typer.Context,
    trigger: Trigger,
    outcome: Annotated[
        list[str] | None, typer.Option(help="accepted, held, ignored or refused; may stand several times.")
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
) -> None:
    """List what was delivered to a trigger, newest first."""
    session = session_of(context)

    async def look(hub: Hub) -> list[dict[str, Any]]:
        found = await find_trigger(hub, trigger)
        path = f"/triggers/{found['id']}/deliveries"
        items: list[dict[str, Any]] = await hub.items(path, most=most, outcome=",".join(outcome or []))
        return items

    session.output.table(session.ask(look), COLUMNS, "Nothing was delivered.")


@app.command("rejected")
def list_rejections(context: typer.Context, trigger: Trigger) -> None:
    """Count what a trigger turned away at the door, by reason and address; the deliveries themselves are not kept."""
    session = session_of(context)

    async def look(hub: Hub) -> list[dict[str, Any]]:
        found = await find_trigger(hub, trigger)
        return [rejection.as_json() for rejection in await hub.triggers.rejections(found["id"])]

    session.output.table(session.ask(look), REJECTED_COLUMNS, "Nothing was turned away.")


@app.command("show")
def show_delivery(context: typer.Context, delivery_id: Id) -> None:
    """Show a delivery with its headers and the beginning of its body."""
    session = session_of(context)
    identifier = require_id("a delivery", delivery_id)
    answer = session.ask(lambda hub: hub.get(f"/deliveries/{identifier}"))
    delivery = answer["delivery"]
    lines = [
        " ".join(filter(None, (delivery["outcome"], delivery["reason"], delivery["message"]))),
        *(f"{name:12}{shown(delivery[name])}" for name in FACTS if delivery[name] is not None),
        "",
        *(f"{name}: {value}" for name, values in delivery["headers"].items() for value in _each(values)),
        "",
        delivery["bodyPreview"] if delivery["bodyPreview"] or delivery["bodyComplete"] else "(the body is no text)",
    ]
    if delivery["bodyPreview"] and not delivery["bodyComplete"]:
        lines.append(f"… the first part of {delivery['bodyBytes']} bytes")
    session.output.document(answer, lines)


@app.command("replay")
def replay_delivery(context: typer.Context, delivery_id: Id) -> None:
    """Start an execution from what was delivered then."""
    session = session_of(context)
    identifier = require_id("a delivery", delivery_id)
    answer = session.ask(lambda hub: hub.create(f"/deliveries/{identifier}/replay", {}))
    lines = [f"Delivery {answer['delivery']['id']} started execution {answer['execution']['id']}."]
    session.output.document(answer, lines)


@app.command("example")
def show_example(
    context: typer.Context,
    trigger: Trigger,
    language: Annotated[str, typer.Option(help="sh or python.")] = "sh",
) -> None:
    """Show how to call a webhook trigger, with its signature; the secret goes into the variable SECRET."""
    session = session_of(context)

    async def look(hub: Hub) -> dict[str, Any]:
        found = await find_trigger(hub, trigger)
        examples: dict[str, Any] = await hub.get(f"/triggers/{found['id']}/examples")
        return examples

    answer = session.ask(look)
    session.output.remark(answer["instructions"])
    codes = {item["language"]: item["code"] for item in answer["items"]}
    if language not in codes:
        raise usage(f"There is no example in {language!r}; there are: {', '.join(codes)}.")
    session.output.document(answer, [codes[language]])


def _each(values: Any) -> list[Any]:
    return values if isinstance(values, list) else [values]
