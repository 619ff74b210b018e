"""`exekra queue add|items|item|postpone|retry|resolve|remove`: the items of work queues."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.errors import usage
from services.cli.naming import require_id
from services.cli.output import documents
from services.cli.profile import read_text
from services.cli.queues import Name, Status, find_queue
from services.cli.session import session_of
from services.client import Hub
from services.client.models.queues import Item

Id = Annotated[str, typer.Argument(metavar="ID", help="The item's id.")]
Instant = Annotated[str, typer.Option(help="As 2026-01-31T08:00:00Z.")]
COLUMNS = {
    "ID": "id",
    "REFERENCE": "reference",
    "STATUS": "status",
    "PRIORITY": "priority",
    "ATTEMPT": "attempt",
    "FAILURE": "failure.code",
    "READY": "readyAt",
}
AT_ONCE = 1_000


def add_to(app: typer.Typer) -> None:
    """The commands about items."""
    app.command("add")(add_item)
    app.command("items")(list_items)
    app.command("item")(show_item)
    app.command("postpone")(postpone_item)
    app.command("retry")(retry_item)
    app.command("resolve")(resolve_item)
    app.command("remove")(remove_item)


def add_item(
    context: typer.Context,
    name: Name,
    payload: Annotated[str, typer.Option(help="JSON.")] = "null",
    reference: Annotated[str, typer.Option(help="What people know the item by.")] = "",
    priority: Annotated[int, typer.Option(min=1, max=100, help="A point is worth a minute of waiting.")] = 50,
    not_before: Instant = "",
    deadline: Instant = "",
    file: Annotated[
        Path | None, typer.Option(help="Add the items in this file: lines of JSON, or a JSON list of objects.")
    ] = None,
    key: Annotated[str, typer.Option(help="Idempotency-Key: the same call again adds nothing.")] = "",
) -> None:
    """Add an item, or many from a file ({payload, reference?, priority?, notBefore?, deadlineAt?} each)."""
    session = session_of(context)
    if file is not None:
        _add_file(context, name, file, key)
        return
    starts, ends, document = _instant(not_before), _instant(deadline), _parse(payload, "--payload")

    async def add(hub: Hub) -> Item:
        queue_id = await find_queue(hub, name)
        return await hub.queues.add(
            queue_id, document, reference=reference, priority=priority, not_before=starts, deadline_at=ends, key=key
        )

    item = session.ask(add)
    session.output.document({"item": item.as_json()}, [f"Added {item.id}."])


def list_items(
    context: typer.Context,
    name: Name,
    status: Status = None,
    reference: Annotated[str, typer.Option(help="Beginning of the reference.")] = "",
    execution: Annotated[str, typer.Option(help="Taken by this execution, by its id.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
) -> None:
    """List the items of a queue, the newest first."""
    session = session_of(context)
    of = require_id("an execution", execution) if execution else ""

    async def look(hub: Hub) -> list[dict[str, Any]]:
        queue_id = await find_queue(hub, name)
        return await documents(
            hub.queues.items(queue_id, status=status or (), reference=reference, execution_id=of, most=limit)
        )

    session.output.table(session.ask(look), COLUMNS, "There is no such item.")


def show_item(context: typer.Context, name: Name, item_id: Id) -> None:
    """Show an item with its payload and its handlings."""
    session = session_of(context)
    identifier = require_id("an item", item_id)

    async def look(hub: Hub) -> dict[str, Any]:
        return (await hub.queues.item(await find_queue(hub, name), identifier)).as_json()

    answer = session.ask(look)
    item = answer["item"]
    lines = [f"{item['reference'] or item['id']}  {item['status']}  attempt {item['attempt']}"]
    lines += [f"{item['failure']['code']}: {item['failure']['message']}"] if item["failure"] else []
    lines.append(json.dumps(item["payload"], indent=2, ensure_ascii=False))
    lines += [f"→ {json.dumps(item['output'], ensure_ascii=False)}"] if item["output"] is not None else []
    for each in answer["attempts"]:
        came = each["outcome"] or "in progress"
        why = f" {each['failure']['code']}: {each['failure']['message']}" if each["failure"] else ""
        lines.append(f"  {each['attempt']}. {each['takenAt']} by execution {each['executionId']}: {came}{why}")
    session.output.document(answer, lines)


def postpone_item(
    context: typer.Context,
    name: Name,
    item_id: Id,
    not_before: Instant = "",
    deadline: Instant = "",
    priority: Annotated[int | None, typer.Option(min=1, max=100, help="Another priority.")] = None,
) -> None:
    """Change when an item that waits is taken."""
    session = session_of(context)
    if not (not_before or deadline or priority):
        raise usage("Say what is to change; see exekra queue postpone --help.")
    starts, ends = _instant(not_before), _instant(deadline)
    identifier = require_id("an item", item_id)

    async def change(hub: Hub) -> Item:
        queue_id = await find_queue(hub, name)
        return await hub.queues.change_item(
            queue_id, identifier, priority=priority, not_before=starts, deadline_at=ends
        )

    item = session.ask(change)
    session.output.document({"item": item.as_json()}, [f"Waits until {item.ready_at}."])


def retry_item(context: typer.Context, name: Name, item_id: Id) -> None:
    """Have a failed, rejected, lost or expired item tried again, with all its tries."""
    session = session_of(context)
    identifier = require_id("an item", item_id)

    async def retry(hub: Hub) -> Item:
        return await hub.queues.retry_item(await find_queue(hub, name), identifier)

    item = session.ask(retry)
    session.output.document({"item": item.as_json()}, ["The item waits again."])


def resolve_item(
    context: typer.Context,
    name: Name,
    item_id: Id,
    successful: Annotated[
        bool, typer.Option("--successful/--failed", help="Whether it was done, as you found out.")
    ] = True,
    comment: Annotated[str, typer.Option(help="How you know.")] = "",
) -> None:
    """Say what became of a lost item."""
    session = session_of(context)
    identifier = require_id("an item", item_id)
    outcome = "successful" if successful else "businessFailed"

    async def resolve(hub: Hub) -> Item:
        queue_id = await find_queue(hub, name)
        return await hub.queues.resolve_item(queue_id, identifier, outcome=outcome, comment=comment)

    item = session.ask(resolve)
    session.output.document({"item": item.as_json()}, [f"The item is {item.status}."])


def remove_item(context: typer.Context, name: Name, item_id: Id) -> None:
    """Delete an item that is not in progress."""
    session = session_of(context)
    identifier = require_id("an item", item_id)

    async def remove(hub: Hub) -> None:
        await hub.queues.delete_item(await find_queue(hub, name), identifier)

    session.ask(remove)
    session.output.document({"id": identifier}, ["Deleted the item."])


def _add_file(context: typer.Context, name: str, file: Path, key: str) -> None:
    session = session_of(context)
    items = _read_items(file)

    async def add(hub: Hub) -> dict[str, Any]:
        queue_id = await find_queue(hub, name)
        added = duplicates = 0
        for start in range(0, len(items), AT_ONCE):
            part = f"{key}-{start}" if key else ""
            answer = await hub.queues.add_many(queue_id, items[start : start + AT_ONCE], key=part)
            added, duplicates = added + answer.added, duplicates + answer.duplicates
        return {"added": added, "duplicates": duplicates}

    answer = session.ask(add)
    session.output.document(answer, [f"Added {answer['added']} items; {answer['duplicates']} were there already."])


def _read_items(file: Path) -> list[dict[str, Any]]:
    text = read_text(file)
    if text.lstrip().startswith("["):
        items = _parse(text, str(file))
    else:
        items = [_parse(line, f"{file}, line {number}") for number, line in enumerate(text.splitlines(), 1) if line]
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items) or not items:
        raise usage(f"{file} holds no objects to add.")
    return items


def _parse(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise usage(f"{where} is not JSON: {error}") from None


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise usage(f"{text!r} is no time such as 2026-01-31T08:00:00Z.") from None
    return at if at.tzinfo else at.astimezone()
