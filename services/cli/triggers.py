"""`exekra trigger …`: make, change and switch schedules and webhooks. What they do is in `fires`."""

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
        require_zone(zone)
        body |= {"kind": "schedule", **schedule_members(cron, every, at, zone, starts, ends, calendar)}
        body |= _rules(jitter, misfire, grace, overlap)

    async def make(hub: Hub) -> dict[str, Any]:
        found = await hub.workflows.find(workflow)
        body["workflowId"] = found.id
        if given := await given_inputs(hub, found, documents, inputs):
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
    body = schedule_members(cron, every, at, zone, starts, ends, calendar) | _rules(jitter, misfire, grace, overlap)
    body |= {name: value for name, value in (("name", rename), ("priority", priority)) if value is not None}
    documents = read_inputs(input_json)
    if not body and not documents and not inputs:
        raise usage("Say what is to change; see exekra trigger update --help.")

    async def change(hub: Hub) -> dict[str, Any]:
        trigger = await find_trigger(hub, name)
        workflow = await hub.workflows.get(trigger["workflowId"])
        if given := await given_inputs(hub, workflow, documents, inputs):
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


async def given_inputs(
    hub: Hub, workflow: WorkflowModel, documents: dict[str, Any], pairs: list[str] | None
) -> dict[str, Any]:
    """Inputs of `--input-json` and `--input`, read as the workflow's published version declares them."""
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


def require_zone(zone: str | None) -> None:
    """Raises CliError for a schedule that does not say by whose clock it is meant: this machine's would be a guess."""
    if zone is None:
        raise usage("Say by which time zone's clock it is meant: --zone Europe/Berlin")


def schedule_members(
    cron: str | None,
    every: int | None,
    at: str | None,
    zone: str | None,
    starts: str | None,
    ends: str | None,
    calendars: list[str] | None,
) -> dict[str, Any]:
    """Members of a schedule as the API names them, as far as they are given."""
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
