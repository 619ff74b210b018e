"""`exekra trigger …`: schedules and webhooks, what they would do, what became of their fires."""

import json
from typing import Annotated, Any

import typer

from services.cli.completion import complete_workflow
from services.cli.errors import usage
from services.cli.running import declared_types, parse_pairs, read_inputs
from services.cli.session import session_of
from services.client import Hub, is_id
from services.client.models.workflows import Workflow as WorkflowModel
from services.client.resources.lookup import find_by_name

app = typer.Typer(no_args_is_help=True, help="Start workflows by schedule or webhook, and see what became of it.")

Name = Annotated[str, typer.Argument(metavar="TRIGGER", help="Name or id.")]
Workflow = Annotated[str, typer.Argument(metavar="WORKFLOW", help="Name or id.", autocompletion=complete_workflow)]
Cron = Annotated[str | None, typer.Option(help="Five fields or a macro, such as '0 8 * * 1-5' or @daily.")]
Every = Annotated[int | None, typer.Option("--every", metavar="SECONDS", help="A fixed interval.")]
At = Annotated[str | None, typer.Option(help="A single time with its offset, such as 2026-01-31T08:00:00Z.")]
Zone = Annotated[str | None, typer.Option(help="IANA name, such as Europe/Berlin.")]
Starts = Annotated[str | None, typer.Option("--from", help="Not before this time.")]
Ends = Annotated[str | None, typer.Option("--until", help="Not after this time.")]
CalendarNames = Annotated[list[str] | None, typer.Option("--calendar", help="Name or id; may stand several times.")]
Inputs = Annotated[list[str] | None, typer.Option("--input", metavar="NAME=VALUE", help="May stand several times.")]
InputJson = Annotated[str, typer.Option(help="All inputs as a JSON object.")]
Misfire = Annotated[str | None, typer.Option(help="Of overdue fires: once, all or skip.")]
Grace = Annotated[float | None, typer.Option(help="Seconds a fire may be late and still be in time.")]
Overlap = Annotated[str | None, typer.Option(help="While one runs: allow, queue, skip or stopPrevious.")]
Jitter = Annotated[int | None, typer.Option(help="Seconds by which fires are spread.")]
COLUMNS = {
    "NAME": "name",
    "KIND": "kind",
    "WORKFLOW": "workflowName",
    "ENABLED": "enabled",
    "NEXT": "nextFireAt",
    "WHEN": "description",
    "ID": "id",
}
FIRE_COLUMNS = {
    "AT": "fireAt",
    "OUTCOME": "outcome",
    "REASON": "reason",
    "LATE": "lateSeconds",
    "EXECUTION": "executionId",
}


@app.command("list")
def list_triggers(
    context: typer.Context,
    search: Annotated[str, typer.Option(help="Part of the name.")] = "",
    kind: Annotated[str, typer.Option(help="schedule or webhook.")] = "",
) -> None:
    """List triggers, newest first."""
    session = session_of(context)
    items = session.ask(lambda hub: hub.items("/triggers", q=search, kind=kind))
    session.output.table(items, COLUMNS, "There is no trigger. Make one: exekra trigger create WORKFLOW NAME --cron …")


@app.command("create")
def create_trigger(
    context: typer.Context,
    workflow: Workflow,
    name: Annotated[str, typer.Argument(metavar="NAME", help="How people call it.")],
    cron: Cron = None,
    every: Every = None,
    at: At = None,
    zone: Zone = None,
    starts: Starts = None,
    ends: Ends = None,
    calendar: CalendarNames = None,
    jitter: Jitter = None,
    misfire: Misfire = None,
    grace: Grace = None,
    overlap: Overlap = None,
    webhook: Annotated[bool, typer.Option("--webhook", help="A webhook in place of a schedule.")] = False,
    auth: Annotated[str, typer.Option(help="Of a webhook: none, bearer, github, stripe, slack, …")] = "none",
    inputs: Inputs = None,
    input_json: InputJson = "",
    priority: Annotated[int, typer.Option(min=1, max=100, help="100 goes first.")] = 50,
    disabled: Annotated[bool, typer.Option("--disabled", help="Made, but not started.")] = False,
) -> None:
    """Start a workflow by a schedule (--cron, --every or --at) or by a webhook (--webhook)."""
    session = session_of(context)
    body: dict[str, Any] = {"name": name, "priority": priority, "enabled": not disabled}
    documents = read_inputs(input_json)
    if webhook:
        body |= {"kind": "webhook", "auth": {"type": auth}}
    else:
        body |= {"kind": "schedule", **_schedule(cron, every, at, zone, starts, ends, calendar)}
        body |= _rules(jitter, misfire, grace, overlap)

    async def make(hub: Hub) -> dict[str, Any]:
        found = await hub.workflows.find(workflow)
        body["workflowId"] = found.id
        if given := await _inputs(hub, found, documents, inputs):
            body["inputs"] = given
        made: dict[str, Any] = await hub.create("/triggers", body)
        return made

    answer = session.ask(make)
    trigger = answer["trigger"]
    lines = [f"Made {trigger['name']} ({trigger['id']}).", *_facts(trigger)]
    if answer["secret"]:
        lines.append(f"secret: {answer['secret']}  (shown this once)")
    session.output.document(answer, lines)


@app.command("show")
def show_trigger(context: typer.Context, name: Name) -> None:
    """Show a trigger."""
    session = session_of(context)
    trigger = session.ask(lambda hub: find_trigger(hub, name))
    lines = [
        f"{trigger['name']}  {trigger['kind']} of {trigger['workflowName']}  ({trigger['id']})",
        f"{_state(trigger)}, breaker {trigger['breaker']}, priority {trigger['priority']}",
        *_facts(trigger),
        *([f"inputs: {json.dumps(trigger['inputs'], ensure_ascii=False)}"] if trigger["inputs"] else []),
    ]
    session.output.document({"trigger": trigger}, lines)


@app.command("update")
def update_trigger(
    context: typer.Context,
    name: Name,
    rename: Annotated[str | None, typer.Option(help="A new name.")] = None,
    cron: Cron = None,
    every: Every = None,
    at: At = None,
    zone: Zone = None,
    starts: Starts = None,
    ends: Ends = None,
    calendar: CalendarNames = None,
    jitter: Jitter = None,
    misfire: Misfire = None,
    grace: Grace = None,
    overlap: Overlap = None,
    inputs: Inputs = None,
    input_json: InputJson = "",
    priority: Annotated[int | None, typer.Option(min=1, max=100, help="100 goes first.")] = None,
) -> None:
    """Change a trigger; what is left out stays."""
    session = session_of(context)
    body = _schedule(cron, every, at, zone, starts, ends, calendar) | _rules(jitter, misfire, grace, overlap)
    body |= {name: value for name, value in (("name", rename), ("priority", priority)) if value is not None}
    documents = read_inputs(input_json)
    if not body and not documents and not inputs:
        raise usage("Say what is to change; see exekra trigger update --help.")

    async def change(hub: Hub) -> dict[str, Any]:
        trigger = await find_trigger(hub, name)
        workflow = await hub.workflows.get(trigger["workflowId"])
        if given := await _inputs(hub, workflow, documents, inputs):
            body["inputs"] = given
        changed: dict[str, Any] = await hub.patch(f"/triggers/{trigger['id']}", body)
        return changed

    answer = session.ask(change)
    session.output.document(answer, [f"Changed {answer['trigger']['name']}.", *_facts(answer["trigger"])])


@app.command("enable")
def enable_trigger(context: typer.Context, name: Name) -> None:
    """Let a trigger fire; what fell due meanwhile is not made up for."""
    _switch(context, name, "enable")


@app.command("disable")
def disable_trigger(context: typer.Context, name: Name) -> None:
    """Keep a trigger from firing."""
    _switch(context, name, "disable")


@app.command("delete")
def delete_trigger(context: typer.Context, name: Name) -> None:
    """Delete a trigger; its ledger and executions stay."""
    session = session_of(context)

    async def remove(hub: Hub) -> dict[str, Any]:
        trigger = await find_trigger(hub, name)
        await hub.delete(f"/triggers/{trigger['id']}")
        return trigger

    trigger = session.ask(remove)
    session.output.document({"deleted": trigger["id"]}, [f"Deleted {trigger['name']}."])


@app.command("fire")
def fire_trigger(context: typer.Context, name: Name, inputs: Inputs = None, input_json: InputJson = "") -> None:
    """Start an execution now, as the trigger would."""
    session = session_of(context)
    documents = read_inputs(input_json)

    async def fire(hub: Hub) -> dict[str, Any]:
        trigger = await find_trigger(hub, name)
        given = await _inputs(hub, await hub.workflows.get(trigger["workflowId"]), documents, inputs)
        fired: dict[str, Any] = await hub.create(f"/triggers/{trigger['id']}/fire", {"inputs": given} if given else {})
        return fired

    answer = session.ask(fire)
    was_there = " (it was there already)" if answer["duplicate"] else ""
    session.output.document(answer, [f"Execution {answer['execution']['id']}{was_there}."])


@app.command("preview")
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
    body = {**_schedule(cron, every, at, zone, starts, ends, calendar), "count": count}
    answer = session.ask(lambda hub: hub.post("/triggers/preview", body))
    fires = [(each["at"], f"{each['local']}  {each['dst'] or ''}".rstrip()) for each in answer["fires"]]
    dropped = [(each["at"], f"{each['local']}  not: {each['because']}") for each in answer["dropped"]]
    session.output.document(answer, [answer["description"], *(line for _, line in sorted(fires + dropped))])


@app.command("fires")
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


@app.command("backfill")
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


async def find_trigger(hub: Hub, name: str) -> dict[str, Any]:
    """The trigger of this name (whatever its case) or id. Raises CliError for none and for several."""
    if is_id(name):
        answer: dict[str, dict[str, Any]] = await hub.get(f"/triggers/{name.lower()}")
        return answer["trigger"]
    found = [item for item in await hub.items("/triggers", q=name) if item["name"].casefold() == name.casefold()]
    if len(found) > 1:
        raise usage(f"{len(found)} triggers are called {name!r}; give the id of one: exekra trigger list")
    if not found:
        return await find_by_name(hub, "trigger", "/triggers", name)
    return found[0]


async def _inputs(
    hub: Hub, workflow: WorkflowModel, documents: dict[str, Any], pairs: list[str] | None
) -> dict[str, Any]:
    types = await declared_types(hub, workflow, draft=False) if pairs else {}
    return documents | parse_pairs(pairs or (), types)


def _switch(context: typer.Context, name: str, verb: str) -> None:
    session = session_of(context)

    async def switch(hub: Hub) -> dict[str, Any]:
        trigger = await find_trigger(hub, name)
        switched: dict[str, Any] = await hub.post(f"/triggers/{trigger['id']}/{verb}")
        return switched

    answer = session.ask(switch)
    trigger = answer["trigger"]
    session.output.document(answer, [f"{trigger['name']} is {_state(trigger)}.", *_facts(trigger)])


def _schedule(
    cron: str | None,
    every: int | None,
    at: str | None,
    zone: str | None,
    starts: str | None,
    ends: str | None,
    calendars: list[str] | None,
) -> dict[str, Any]:
    members = {
        "cron": cron,
        "intervalSeconds": every,
        "at": at,
        "timezone": zone,
        "startsAt": starts,
        "endsAt": ends,
        "calendars": calendars,
    }
    return {name: value for name, value in members.items() if value is not None}


def _rules(jitter: int | None, misfire: str | None, grace: float | None, overlap: str | None) -> dict[str, Any]:
    late = {name: value for name, value in (("policy", misfire), ("graceSeconds", grace)) if value is not None}
    members = {"jitterSeconds": jitter, "misfire": late or None, "overlap": overlap}
    return {name: value for name, value in members.items() if value is not None}


def _state(trigger: dict[str, Any]) -> str:
    return "enabled" if trigger["enabled"] else "disabled"


def _facts(trigger: dict[str, Any]) -> list[str]:
    lines = []
    if trigger["description"]:
        lines.append(trigger["description"])
    if trigger["nextFireAt"]:
        lines.append(f"next: {trigger['nextFireAt']}")
    if trigger["url"]:
        lines.append(f"url: {trigger['url']}")
    return lines
