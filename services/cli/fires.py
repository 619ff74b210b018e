"""`exekra trigger preview|fire|fires|backfill`: what schedules would do, do now, and did."""

from typing import Annotated, Any

import typer

from services.cli.running import read_inputs
from services.cli.session import session_of
from services.cli.triggers import (
    At,
    CalendarNames,
    Cron,
    Ends,
    Every,
    InputJson,
    Inputs,
    Name,
    Starts,
    Zone,
    find_trigger,
    given_inputs,
    require_zone,
    schedule_members,
)
from services.client import Hub

FIRE_COLUMNS = {
    "AT": "fireAt",
    "OUTCOME": "outcome",
    "REASON": "reason",
    "LATE": "lateSeconds",
    "EXECUTION": "executionId",
}


def fire_trigger(context: typer.Context, name: Name, inputs: Inputs = None, input_json: InputJson = "") -> None:
    """Start an execution now, as the trigger would."""
    session = session_of(context)
    documents = read_inputs(input_json)

    async def fire(hub: Hub) -> dict[str, Any]:
        trigger = await find_trigger(hub, name)
        given = await given_inputs(hub, await hub.workflows.get(trigger["workflowId"]), documents, inputs)
        fired: dict[str, Any] = await hub.create(f"/triggers/{trigger['id']}/fire", {"inputs": given} if given else {})
        return fired

    answer = session.ask(fire)
    was_there = " (it was there already)" if answer["duplicate"] else ""
    session.output.document(answer, [f"Execution {answer['execution']['id']}{was_there}."])


def preview_schedule(
    context: typer.Context,
    cron: Cron = None,
    every: Every = None,
    at: At = None,
    zone: Zone = None,
    starts: Starts = None,
    ends: Ends = None,
    calendar: CalendarNames = None,
    count: Annotated[int, typer.Option(min=1, max=50, help="Fires to show.")] = 10,
) -> None:
    """Show when a schedule would fire, without making it."""
    session = session_of(context)
    require_zone(zone)
    body = {**schedule_members(cron, every, at, zone, starts, ends, calendar), "count": count}
    answer = session.ask(lambda hub: hub.post("/triggers/preview", body))
    fires = [(each["at"], f"{each['local']}  {each['dst'] or ''}".rstrip()) for each in answer["fires"]]
    dropped = [(each["at"], f"{each['local']}  not: {each['because']}") for each in answer["dropped"]]
    session.output.document(answer, [answer["description"], *(line for _, line in sorted(fires + dropped))])


def list_fires(
    context: typer.Context,
    name: Name,
    outcome: Annotated[
        list[str] | None, typer.Option(help="fired, missed, skipped, …; may stand several times.")
    ] = None,
    starts: Annotated[str, typer.Option("--from", help="From this time on.")] = "",
    ends: Annotated[str, typer.Option("--until", help="Before this time.")] = "",
    most: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
) -> None:
    """List what became of a trigger's fires, newest first."""
    session = session_of(context)

    async def look(hub: Hub) -> list[dict[str, Any]]:
        trigger = await find_trigger(hub, name)
        query = {"outcome": ",".join(outcome or []), "from": starts, "to": ends}
        found: list[dict[str, Any]] = await hub.items(f"/triggers/{trigger['id']}/fires", most=most, **query)
        return found

    session.output.table(session.ask(look), FIRE_COLUMNS, "Nothing was due yet.")


def backfill_trigger(
    context: typer.Context,
    name: Name,
    starts: Annotated[str, typer.Option("--from", help="Missed fires from this time on.")],
    ends: Annotated[str, typer.Option("--until", help="Before this time.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would be executed.")] = False,
) -> None:
    """Execute missed fires of a range, each at most once."""
    session = session_of(context)

    async def fill(hub: Hub) -> dict[str, Any]:
        trigger = await find_trigger(hub, name)
        body = {"from": starts, "to": ends, "dryRun": dry_run}
        filled: dict[str, Any] = await hub.post(f"/triggers/{trigger['id']}/backfill", body)
        return filled

    answer = session.ask(fill)
    lines = [f"{item['fireAt']}  {item['outcome']}  {item['executionId'] or ''}".rstrip() for item in answer["items"]]
    if answer["remaining"]:
        lines.append(f"{answer['remaining']} more: run it again.")
    session.output.document(answer, lines or ["Nothing was missed."])


def add_to(app: typer.Typer) -> None:
    """Puts the commands beside those that make triggers."""
    app.command("fire")(fire_trigger)
    app.command("preview")(preview_schedule)
    app.command("fires")(list_fires)
    app.command("backfill")(backfill_trigger)
