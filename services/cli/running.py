"""`exekra run`: starts an execution, and waits for its end when asked."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.completion import complete_runner, complete_workflow
from services.cli.errors import NOT_COMPLETED, usage
from services.cli.profile import read_text
from services.cli.session import Session, session_of
from services.client import Hub
from services.client.models.executions import Execution, Started
from services.client.models.workflows import Workflow

TEXT_TYPES = frozenset({"string", "date"})


def add_to(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("run")(run_workflow)


def run_workflow(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="WORKFLOW", help="Name or id.", autocompletion=complete_workflow)],
    given: Annotated[
        list[str] | None, typer.Option("--input", help="name=value; read as the input's declared type. Repeatable.")
    ] = None,
    input_json: Annotated[str, typer.Option(help="All inputs as a JSON object, or @FILE.")] = "",
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the end; exits 6 unless it is COMPLETED.")] = False,
    interactive: Annotated[bool, typer.Option("--interactive", help="At once on a connected runner.")] = False,
    runner: Annotated[str, typer.Option(help="Name or id of the runner to use.", autocompletion=complete_runner)] = "",
    draft: Annotated[bool, typer.Option("--draft", help="The latest draft in place of the published version.")] = False,
    priority: Annotated[int | None, typer.Option(min=1, max=100, help="100 is served first; 50 when left out.")] = None,
    dedupe_key: Annotated[str, typer.Option(help="At most one live execution has the same key.")] = "",
) -> None:
    """Start an execution of a workflow."""
    session = session_of(context)
    documents = read_inputs(input_json)

    async def start(hub: Hub) -> Started:
        workflow = await hub.workflows.find(name)
        inputs = documents | parse_pairs(given or (), await declared_types(hub, workflow, draft) if given else {})
        return await hub.executions.start(
            workflow.id,
            inputs,
            mode="interactive" if interactive else "scheduled",
            runner_id=(await hub.runners.find(runner)).id if runner else None,
            draft=draft,
            priority=priority,
            dedupe_key=dedupe_key or None,
        )

    started = session.ask(start)
    execution = started.execution
    if started.duplicate:
        session.output.remark("An execution with this dedupe key is live already; this is that one.")
    if wait:
        wait_for_end(session, execution.id)
        return
    session.output.document(started.as_json(), [f"{execution.id}  {execution.status}"])


def wait_for_end(session: Session, execution_id: str) -> None:
    """Prints the ended execution. Exits 6 unless it is COMPLETED."""
    session.output.remark(f"execution {execution_id}")
    try:
        execution = session.ask(lambda hub: hub.executions.wait_for(execution_id))
    except KeyboardInterrupt:
        session.output.remark(f"The execution goes on. To end it: exekra execution stop {execution_id}")
        raise
    session.output.document({"execution": execution.as_json()}, ended_lines(execution))
    if execution.status != "COMPLETED":
        raise typer.Exit(NOT_COMPLETED)


def ended_lines(execution: Execution) -> list[str]:
    """How it ended, and what came out."""
    lines = [f"{execution.status}  {execution.id}"]
    failure = execution.failure
    if failure:
        where = f" at node {failure.node_id}" if failure.node_id else ""
        lines.append(f"{failure.code}{where}: {failure.message}")
    if execution.output is not None:
        lines.append(json.dumps(execution.output, indent=2, ensure_ascii=False))
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


async def declared_types(hub: Hub, workflow: Workflow, draft: bool) -> dict[str, str]:
    """The types of a workflow's inputs by name, of its draft or its published version; empty when there is none."""
    version = workflow.draft_version if draft else workflow.published_version
    if not version:
        return {}
    graph = (await hub.workflows.version(workflow.id, version)).graph or {}
    return {entry["name"]: entry.get("type", "any") for entry in graph.get("inputs") or ()}
