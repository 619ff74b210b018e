"""`exekra execution …`: see executions, read their logs, stop and retry them, learn why one is pending."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import typer

from services.cli.client import Hub
from services.cli.naming import find_runner, find_workflow, require_id
from services.cli.output import shown
from services.cli.running import ENDED, ended_lines, wait_for_end
from services.cli.session import session_of

app = typer.Typer(no_args_is_help=True, help="See executions, stop and retry them.")

Id = Annotated[str, typer.Argument(metavar="ID", help="The execution's id.")]
FOLLOW_SECONDS = 1.0
COLUMNS = {
    "ID": "id",
    "WORKFLOW": "workflow.name",
    "VERSION": "version",
    "STATUS": "status",
    "RUNNER": "runnerName",
    "CREATED": "createdAt",
    "ENDED": "completedAt",
}


@app.command("list")
def list_executions(
    context: typer.Context,
    workflow: Annotated[str, typer.Option(help="Name or id.")] = "",
    runner: Annotated[str, typer.Option(help="Name or id.")] = "",
    status: Annotated[list[str] | None, typer.Option(help="QUEUED, RUNNING, FAILED, … Repeatable.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 20,
) -> None:
    """List executions, newest first."""
    session = session_of(context)

    async def look(hub: Hub) -> list[dict[str, Any]]:
        workflow_id = (await find_workflow(hub, workflow))["id"] if workflow else None
        runner_id = (await find_runner(hub, runner))["id"] if runner else None
        statuses = [each.upper() for each in status or ()]
        return await hub.items("/executions", most=limit, workflowId=workflow_id, runnerId=runner_id, status=statuses)

    session.output.table(session.ask(look), COLUMNS, "No execution was found.")


@app.command("show")
def show_execution(context: typer.Context, execution_id: Id) -> None:
    """Show an execution and its nodes."""
    session = session_of(context)
    identifier = require_id("an execution", execution_id)

    async def look(hub: Hub) -> dict[str, Any]:
        execution = (await hub.get(f"/executions/{identifier}"))["execution"]
        return {"execution": execution, "nodes": await hub.items(f"/executions/{identifier}/nodes", most=1000)}

    found = session.ask(look)
    execution = found["execution"]
    facts = {
        "workflow": f"{execution['workflow']['name']} version {execution['version']}",
        "runner": execution.get("runnerName"),
        "created": execution["createdAt"],
        "started": execution.get("startedAt"),
        "ended": execution.get("completedAt"),
        "started by": (execution.get("triggeredBy") or {}).get("name"),
        "waiting for": execution.get("waitingFor"),
    }
    lines = [
        *ended_lines(execution),
        *(f"{name:12}{shown(value)}" for name, value in facts.items() if value is not None),
        *(_node_line(node) for node in found["nodes"]),
    ]
    session.output.document(found, lines)


@app.command("logs")
def show_logs(
    context: typer.Context,
    execution_id: Id,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the execution has ended.")] = False,
    level: Annotated[str, typer.Option(help="debug, info, warning or error, and worse.")] = "",
    search: Annotated[str, typer.Option(help="Only lines that contain this text.")] = "",
) -> None:
    """Print the log of an execution; with --json one object a line."""
    session = session_of(context)
    identifier = require_id("an execution", execution_id)

    async def read(hub: Hub) -> None:
        async for line in _lines(hub, identifier, follow=follow, level=level or None, q=search):
            if session.output.as_json:
                session.output.json_line(line)
            else:
                node = f" [{line['nodeId']}]" if line.get("nodeId") else ""
                session.output.line(f"{line['at']} {line['level']:7}{node} {line['message']}")

    session.ask(read)


@app.command("stop")
def stop_execution(
    context: typer.Context,
    execution_id: Id,
    force: Annotated[bool, typer.Option("--force", help="Kill at once instead of 15 seconds of grace.")] = False,
    reason: Annotated[str, typer.Option(help="Why; it is shown to others.")] = "",
) -> None:
    """Ask for the end of an execution."""
    session = session_of(context)
    identifier = require_id("an execution", execution_id)
    body = {"force": force, "reason": reason}
    answer = session.ask(lambda hub: hub.post(f"/executions/{identifier}/stop", body))
    session.output.document(answer, [f"{identifier}  {answer['execution']['status']}"])


@app.command("retry")
def retry_execution(
    context: typer.Context,
    execution_id: Id,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the end; exits 6 unless it is COMPLETED.")] = False,
) -> None:
    """Start a new execution with the same inputs."""
    session = session_of(context)
    identifier = require_id("an execution", execution_id)
    answer = session.ask(lambda hub: hub.post(f"/executions/{identifier}/retry", {}))
    if wait:
        wait_for_end(session, answer["execution"]["id"])
        return
    session.output.document(answer, [f"{answer['execution']['id']}  {answer['execution']['status']}"])


@app.command("pending")
def show_pending(context: typer.Context, execution_id: Id) -> None:
    """Say for every runner why it does not take the execution."""
    session = session_of(context)
    identifier = require_id("an execution", execution_id)
    items = session.ask(lambda hub: hub.items(f"/executions/{identifier}/pending-reasons"))
    lines = [
        f"{reason['runner'] or 'every runner'}: "
        + ("; ".join(obstacle["message"] or obstacle["code"] for obstacle in reason["obstacles"]) or "may take it now")
        for reason in items
    ]
    session.output.document({"items": items}, lines or ["It is not waiting, or no runner is registered."])


async def _lines(hub: Hub, execution_id: str, *, follow: bool, **filters: Any) -> AsyncIterator[dict[str, Any]]:
    after = 0
    ended = not follow
    while True:
        if not ended:
            # Asked before the lines: what is written until the end is then surely read.
            status = (await hub.get(f"/executions/{execution_id}"))["execution"]["status"]
            ended = status in ENDED
        async for line in hub.each(f"/executions/{execution_id}/logs", after=after or None, **filters):
            after = max(after, line["seq"])
            yield line
        if ended:
            return
        await asyncio.sleep(FOLLOW_SECONDS)


def _node_line(node: dict[str, Any]) -> str:
    path = "".join(f" {turn['loop']}[{turn['index']}]" for turn in node["path"] or ())
    failure = f"  {node['failure']['code']}: {node['failure']['message']}" if node.get("failure") else ""
    return f"  {node['status']:10} {node['durationSeconds']:8.3f} s  {node['nodeId']}{path}{failure}"
