"""`exekra calendar …`: days on which schedules may or may not run."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.errors import usage
from services.cli.profile import read_text
from services.cli.session import session_of
from services.client import Hub

app = typer.Typer(no_args_is_help=True, help="Days on which schedules may or may not run.")

Name = Annotated[str, typer.Argument(metavar="CALENDAR", help="Name or id.")]
Entries = Annotated[Path | None, typer.Option(help="A JSON file with a list of entries.")]
COLUMNS = {"NAME": "name", "KIND": "kind", "ZONE": "timezone", "SOURCE": "source.url", "ID": "id"}


@app.command("list")
def list_calendars(
    context: typer.Context, search: Annotated[str, typer.Option(help="Part of the name or description.")] = ""
) -> None:
    """List calendars by name."""
    session = session_of(context)
    items = session.ask(lambda hub: hub.items("/calendars", q=search))
    session.output.table(items, COLUMNS, "There is no calendar. Make one: exekra calendar create NAME --blocked")


@app.command("create")
def create_calendar(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="How people call it.")],
    allowed: Annotated[
        bool, typer.Option("--allowed/--blocked", help="Its days alone run, or all days but its own.")
    ] = False,
    zone: Annotated[str, typer.Option(help="Decides which days an event with a time falls on.")] = "UTC",
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    entries: Entries = None,
    weekends: Annotated[bool, typer.Option("--weekends", help="Puts Saturdays and Sundays in.")] = False,
) -> None:
    """Make a calendar."""
    session = session_of(context)
    listed = _read_entries(entries) if entries else []
    if weekends:
        listed.append({"type": "weekdays", "days": ["saturday", "sunday"], "note": "Weekend"})
    body = {
        "name": name,
        "kind": "allowed" if allowed else "blocked",
        "timezone": zone,
        "description": description,
        "entries": listed,
    }
    answer = session.ask(lambda hub: hub.create("/calendars", body))
    session.output.document(answer, [f"Made {name} ({answer['calendar']['id']})."])


@app.command("show")
def show_calendar(context: typer.Context, name: Name) -> None:
    """Show a calendar with its entries, its source, and who uses it."""
    session = session_of(context)

    async def look(hub: Hub) -> dict[str, Any]:
        found: dict[str, Any] = await hub.get(f"/calendars/{await find_calendar(hub, name)}")
        return found

    answer = session.ask(look)
    calendar = answer["calendar"]
    lines = [
        f"{calendar['name']}  {calendar['kind']}  {calendar['timezone']}  ({calendar['id']})",
        *([calendar["description"]] if calendar["description"] else []),
        *(f"  {json.dumps(entry, ensure_ascii=False)}" for entry in calendar["entries"]),
        *_source_lines(calendar["source"]),
        *(f"used by {user['name']}  ({user['triggerId']})" for user in calendar["usedBy"]),
    ]
    session.output.document(answer, lines)


@app.command("update")
def update_calendar(
    context: typer.Context,
    name: Name,
    entries: Entries = None,
    rename: Annotated[str | None, typer.Option(help="A new name.")] = None,
    zone: Annotated[str | None, typer.Option(help="A new zone.")] = None,
    description: Annotated[str | None, typer.Option(help="A new description.")] = None,
) -> None:
    """Change a calendar; what is left out stays."""
    session = session_of(context)
    body: dict[str, Any] = {"name": rename, "timezone": zone, "description": description}
    body = {member: value for member, value in body.items() if value is not None}
    if entries is not None:
        body["entries"] = _read_entries(entries)
    if not body:
        raise usage("Say what is to change; see exekra calendar update --help.")

    async def change(hub: Hub) -> dict[str, Any]:
        changed: dict[str, Any] = await hub.patch(f"/calendars/{await find_calendar(hub, name)}", body)
        return changed

    answer = session.ask(change)
    session.output.document(answer, [f"Changed {answer['calendar']['name']}."])


@app.command("import")
def import_calendar(
    context: typer.Context,
    name: Name,
    source: Annotated[str, typer.Argument(metavar="FILE|URL", help="An ICS file, or an address to fetch it from.")],
) -> None:
    """Take the days of an ICS document, in place of an earlier one's. An address is looked at again and again."""
    session = session_of(context)
    is_url = source.lower().startswith(("http://", "https://", "webcal://"))
    body = {"url": source} if is_url else {"ics": read_text(Path(source))}

    async def bring_in(hub: Hub) -> dict[str, Any]:
        answer: dict[str, Any] = await hub.post(f"/calendars/{await find_calendar(hub, name)}/import", body)
        return answer

    answer = session.ask(bring_in)
    session.output.document(answer, [f"{answer['calendar']['name']}:", *_source_lines(answer["calendar"]["source"])])


@app.command("days")
def show_days(
    context: typer.Context,
    name: Name,
    first: Annotated[str, typer.Option("--from", help="The first day, as 2026-01-31; today when left out.")] = "",
    last: Annotated[str, typer.Option("--to", help="The last day, 31 days in all when left out.")] = "",
) -> None:
    """Tell for each day whether it runs, and why."""
    session = session_of(context)

    async def look(hub: Hub) -> dict[str, Any]:
        path = f"/calendars/{await find_calendar(hub, name)}/days"
        days: dict[str, Any] = await hub.get(path, **{"from": first, "to": last})
        return days

    answer = session.ask(look)
    columns = {"DAY": "date", "RUNS": "allowed", "BECAUSE": "because"}
    session.output.table(answer["items"], columns, "No day.")


@app.command("delete")
def delete_calendar(context: typer.Context, name: Name) -> None:
    """Delete a calendar that no trigger uses."""
    session = session_of(context)

    async def remove(hub: Hub) -> str:
        calendar_id = await find_calendar(hub, name)
        await hub.delete(f"/calendars/{calendar_id}")
        return calendar_id

    calendar_id = session.ask(remove)
    session.output.document({"id": calendar_id}, [f"Deleted {name}."])


async def find_calendar(hub: Hub, name: str) -> str:
    """The id of the calendar of this name (whatever its case) or id."""
    return (await hub.calendars.find(name)).id


def _read_entries(file: Path) -> list[dict[str, Any]]:
    try:
        entries = json.loads(read_text(file))
    except ValueError as error:
        raise usage(f"{file} is not JSON: {error}") from None
    if not isinstance(entries, list):
        raise usage(f"{file} holds no JSON list of entries.")
    return entries


def _source_lines(source: dict[str, Any] | None) -> list[str]:
    if source is None:
        return []
    where = f"from {source['url']}" if source["url"] else "from a file"
    span = f", {source['firstDay']} to {source['lastDay']}" if source["firstDay"] else ""
    return [
        f"{source['days']} days of {source['events']} events {where}{span}",
        *([f"  the last look failed: {source['problem']}"] if source["problem"] else []),
        *(f"  {note}" for note in source["notes"]),
    ]
