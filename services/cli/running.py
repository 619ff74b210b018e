"""`exekra run`: starts an execution, and waits for its end when asked."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Annotated, Any

import typer

from services.cli.client import Hub
from services.cli.errors import NOT_COMPLETED, UNREACHABLE, CliError, usage
from services.cli.naming import find_runner, find_workflow
from services.cli.profile import read_text
from services.cli.session import Session, session_of

ENDED = frozenset({"COMPLETED", "FAILED", "STOPPED", "LOST"})
FIRST_LOOK_SECONDS = 0.1
SLOWEST_LOOK_SECONDS = 1.0
PATIENCE_SECONDS = 60.0
"""A Hub may be away for so long while somebody waits for an execution."""
TEXT_TYPES = frozenset({"string", "date"})


def add_to(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("run")(run_workflow)


def run_workflow(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="WORKFLOW", help="Name or id.")],
    given: Annotated[
        list[str] | None, typer.Option("--input", help="name=value; read as the input's declared type. Repeatable.")
    ] = None,
    input_json: Annotated[str, typer.Option(help="All inputs as a JSON object, or @FILE.")] = "",
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the end; exits 6 unless it is COMPLETED.")] = False,
    interactive: Annotated[bool, typer.Option("--interactive", help="At once on a connected runner.")] = False,
    runner: Annotated[str, typer.Option(help="Name or id of the runner to use.")] = "",
    draft: Annotated[bool, typer.Option("--draft", help="The latest draft in place of the published version.")] = False,
    priority: Annotated[int | None, typer.Option(min=1, max=100, help="100 is served first; 50 when left out.")] = None,
    dedupe_key: Annotated[str, typer.Option(help="At most one live execution has the same key.")] = "",
) -> None:
    """Start an execution of a workflow."""
    session = session_of(context)
    documents = read_inputs(input_json)

    async def start(hub: Hub) -> dict[str, Any]:
        workflow = await find_workflow(hub, name)
        inputs = documents | parse_pairs(given or (), await _declared_types(hub, workflow, draft) if given else {})
        body: dict[str, Any] = {"workflowId": workflow["id"], "inputs": inputs, "draft": draft}
        body["mode"] = "interactive" if interactive else "scheduled"
        if runner:
            body["runnerId"] = (await find_runner(hub, runner))["id"]
        if priority is not None:
            body["priority"] = priority
        if dedupe_key:
            body["dedupeKey"] = dedupe_key
        started: dict[str, Any] = await hub.post("/executions", body)
        return started

    started = session.ask(start)
    execution = started["execution"]
    if started.get("duplicate"):
        session.output.remark("An execution with this dedupe key is live already; this is that one.")
    if wait:
        wait_for_end(session, execution["id"])
        return
    session.output.document(started, [f"{execution['id']}  {execution['status']}"])


def wait_for_end(session: Session, execution_id: str) -> None:
    """Prints the ended execution. Exits 6 unless it is COMPLETED."""
    session.output.remark(f"execution {execution_id}")
    try:
        execution = session.ask(lambda hub: _until_ended(hub, execution_id))
    except KeyboardInterrupt:
        session.output.remark(f"The execution goes on. To end it: exekra execution stop {execution_id}")
        raise
    session.output.document({"execution": execution}, ended_lines(execution))
    if execution["status"] != "COMPLETED":
        raise typer.Exit(NOT_COMPLETED)


def ended_lines(execution: Mapping[str, Any]) -> list[str]:
    """How it ended, and what came out."""
    lines = [f"{execution['status']}  {execution['id']}"]
    failure = execution.get("failure")
    if failure:
        where = f" at node {failure['nodeId']}" if failure.get("nodeId") else ""
        lines.append(f"{failure['code']}{where}: {failure['message']}")
    if execution.get("output") is not None:
        lines.append(json.dumps(execution["output"], indent=2, ensure_ascii=False))
    return lines


def read_inputs(text: str) -> dict[str, Any]:
    """The inputs of `--input-json`. Raises CliError."""
    if not text:
        return {}
    try:
        document = json.loads(read_text(Path(text[1:])) if text.startswith("@") else text)
    except ValueError as error:
        raise usage(f"--input-json is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise usage("--input-json holds no JSON object.")
    return document


def parse_pairs(pairs: Sequence[str], types: Mapping[str, str]) -> dict[str, Any]:
    """`name=value` pairs by the declared types; an input of type any is JSON where it reads as JSON, else text."""
    inputs: dict[str, Any] = {}
    for pair in pairs:
        name, separator, text = pair.partition("=")
        if not separator or not name:
            raise usage(f"--input {pair!r}: write name=value.")
        kind = types.get(name, "any")
        if kind in TEXT_TYPES:
            inputs[name] = text
            continue
        try:
            inputs[name] = json.loads(text)
        except ValueError:
            if kind not in ("any", "file"):
                raise usage(f"--input {name}: {text!r} is no {kind}; write it as JSON.") from None
            inputs[name] = text
    return inputs


async def _declared_types(hub: Hub, workflow: Mapping[str, Any], draft: bool) -> dict[str, str]:
    version = workflow["draftVersion"] if draft else workflow["publishedVersion"]
    if not version:
        return {}
    graph = (await hub.get(f"/workflows/{workflow['id']}/versions/{version}"))["version"]["graph"]
    return {entry["name"]: entry.get("type", "any") for entry in graph.get("inputs") or ()}


async def _until_ended(hub: Hub, execution_id: str) -> dict[str, Any]:
    pause, away_since = FIRST_LOOK_SECONDS, None
    while True:
        try:
            execution: dict[str, Any] = (await hub.get(f"/executions/{execution_id}"))["execution"]
        except CliError as error:
            # The work goes on while the Hub is restarted; so does the waiting.
            away_since = away_since or monotonic()
            if error.exit_code != UNREACHABLE or monotonic() - away_since > PATIENCE_SECONDS:
                raise
        else:
            away_since = None
            if execution["status"] in ENDED:
                return execution
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, SLOWEST_LOOK_SECONDS)
