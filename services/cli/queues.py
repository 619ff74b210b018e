"""`exekra queue …`: work queues as a whole; their items are `queue_items`'."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.errors import usage
from services.cli.profile import read_text
from services.cli.session import session_of
from services.client import Hub

app = typer.Typer(no_args_is_help=True, help="Work queues, whose items are done once.")

Name = Annotated[str, typer.Argument(metavar="QUEUE", help="Name or id.")]
Schema = Annotated[Path | None, typer.Option(help="A file with a JSON Schema for payloads.")]
Retries = Annotated[int | None, typer.Option(min=0, max=100, help="Further tries after system failures.")]
Backoff = Annotated[float | None, typer.Option(min=0, help="Seconds before the first further try; then doubled.")]
Lease = Annotated[float | None, typer.Option(min=1, help="Seconds an item may be in progress.")]
OnLost = Annotated[str | None, typer.Option(help="hold: a person decides about lost items; retry: done again.")]
Status = Annotated[list[str] | None, typer.Option(help="Only these; new, inProgress, failed, lost, … May be repeated.")]
COLUMNS = {
    "NAME": "name",
    "NEW": "counts.new",
    "IN PROGRESS": "counts.inProgress",
    "DONE": "counts.successful",
    "FAILED": "counts.failed",
    "REJECTED": "counts.businessFailed",
    "LOST": "counts.lost",
    "ID": "id",
}


@app.command("list")
def list_queues(
    context: typer.Context, search: Annotated[str, typer.Option(help="Part of the name or description.")] = ""
) -> None:
    """List queues by name, with how many items they have."""
    session = session_of(context)
    items = session.ask(lambda hub: hub.items("/queues", q=search))
    session.output.table(items, COLUMNS, "There is no work queue. Make one: exekra queue create NAME")


@app.command("create")
def create_queue(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="How people and workflows call it.")],
    unique: Annotated[bool, typer.Option("--unique", help="No reference may be there twice. For good.")] = False,
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    retries: Retries = None,
    backoff: Backoff = None,
    lease: Lease = None,
    on_lost: OnLost = None,
    schema: Schema = None,
) -> None:
    """Make a queue."""
    session = session_of(context)
    body = {"name": name, "description": description, "uniqueReferences": unique}
    body |= _rules(retries, backoff, lease, on_lost, schema)
    answer = session.ask(lambda hub: hub.create("/queues", body))
    session.output.document(answer, [f"Made {name} ({answer['queue']['id']})."])


@app.command("update")
def update_queue(
    context: typer.Context,
    name: Name,
    rename: Annotated[str | None, typer.Option(help="A new name.")] = None,
    description: Annotated[str | None, typer.Option(help="A new description.")] = None,
    retries: Retries = None,
    backoff: Backoff = None,
    lease: Lease = None,
    on_lost: OnLost = None,
    schema: Schema = None,
) -> None:
    """Change a queue; what is left out stays."""
    session = session_of(context)
    given = {"name": rename, "description": description}
    body = {member: value for member, value in given.items() if value is not None}
    body |= _rules(retries, backoff, lease, on_lost, schema)
    if not body:
        raise usage("Say what is to change; see exekra queue update --help.")

    async def change(hub: Hub) -> dict[str, Any]:
        changed: dict[str, Any] = await hub.patch(f"/queues/{await find_queue(hub, name)}", body)
        return changed

    answer = session.ask(change)
    session.output.document(answer, [f"Changed {answer['queue']['name']}."])


@app.command("show")
def show_queue(
    context: typer.Context,
    name: Name,
    hours: Annotated[int, typer.Option(min=1, max=2_160, help="How far to look back.")] = 24,
) -> None:
    """Show a queue with its rules, what waits in it, and how its items fared."""
    session = session_of(context)

    async def look(hub: Hub) -> dict[str, Any]:
        queue_id = await find_queue(hub, name)
        shown: dict[str, Any] = await hub.get(f"/queues/{queue_id}")
        return {**shown, "statistics": await hub.get(f"/queues/{queue_id}/statistics", hours=hours)}

    answer = session.ask(look)
    session.output.document(answer, _lines(answer["queue"], answer["statistics"]))


@app.command("delete")
def delete_queue(
    context: typer.Context,
    name: Name,
    force: Annotated[bool, typer.Option("--force", help="Also with items that wait, are in progress or lost.")] = False,
) -> None:
    """Delete a queue with all its items."""
    session = session_of(context)

    async def remove(hub: Hub) -> str:
        queue_id = await find_queue(hub, name)
        await hub.queues.delete(queue_id, force=force)
        return queue_id

    queue_id = session.ask(remove)
    session.output.document({"id": queue_id}, [f"Deleted {name}."])


@app.command("export")
def export_items(
    context: typer.Context,
    name: Name,
    output: Annotated[Path | None, typer.Option(help="Write to this file instead of printing.")] = None,
    status: Status = None,
) -> None:
    """Print all items in the order in which they were added, one JSON object a line."""
    session = session_of(context)

    async def fetch(hub: Hub) -> None:
        lines = hub.queues.export_items(await find_queue(hub, name), status=status or ())
        if output is None:
            async for chunk in lines:
                sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()
            return
        with output.open("wb") as file:
            async for chunk in lines:
                file.write(chunk)
        session.output.document({"file": str(output)}, [f"Wrote {output}."])

    session.ask(fetch)


async def find_queue(hub: Hub, name: str) -> str:
    """The id of the queue of this name (whatever its case) or id."""
    return (await hub.queues.find(name)).id


def _rules(
    retries: int | None, backoff: float | None, lease: float | None, on_lost: str | None, schema: Path | None
) -> dict[str, Any]:
    if on_lost not in (None, "hold", "retry"):
        raise usage("--on-lost is hold or retry.")
    given = {"maxRetries": retries, "retryBackoffSeconds": backoff, "leaseSeconds": lease, "onLost": on_lost}
    body: dict[str, Any] = {member: value for member, value in given.items() if value is not None}
    if schema is not None:
        body["payloadSchema"] = _read_object(schema)
    return body


def _read_object(file: Path) -> dict[str, Any]:
    """A JSON object in a file. Raises CliError."""
    try:
        document = json.loads(read_text(file))
    except ValueError as error:
        raise usage(f"{file} is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise usage(f"{file} holds no JSON object.")
    return document


def _lines(queue: dict[str, Any], statistics: dict[str, Any]) -> list[str]:
    counts = queue["counts"]
    tries = f"{queue['maxRetries']} retries from {queue['retryBackoffSeconds']:g} s on"
    rules = [tries, f"lease {queue['leaseSeconds']:g} s", f"lost items: {queue['onLost']}"]
    rules += ["unique references"] if queue["uniqueReferences"] else []
    rules += ["payloads by schema"] if queue["payloadSchema"] is not None else []
    oldest = f", the oldest since {statistics['oldestWaitingAt']}" if statistics["oldestWaitingAt"] else ""
    handled = f"{statistics['handled']} handled in {statistics['hours']} h"
    mean = f", {statistics['meanHandlingSeconds']:.1f} s each" if statistics["handled"] else ""
    return [
        f"{queue['name']}  ({queue['id']})",
        *([queue["description"]] if queue["description"] else []),
        ", ".join(rules),
        f"{statistics['ready']} ready{oldest}",
        ", ".join(f"{count} {status}" for status, count in counts.items()),
        handled + mean,
        *(
            f"  {each['count']} times {each['outcome']} {each['code'] or '-'}, last {each['lastAt']}"
            for each in statistics["failures"]
        ),
    ]
