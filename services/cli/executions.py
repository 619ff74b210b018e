"""`exekra execution …`: see executions, read their logs, stop and retry them, learn why one is pending."""

from typing import Annotated, Any

import typer

from services.cli.bulk import act_on_many, read_meant
from services.cli.completion import complete_runner, complete_workflow
from services.cli.errors import usage
from services.cli.naming import require_id
from services.cli.output import documents, shown
from services.cli.running import ended_lines, parse_pairs, wait_for_end
from services.cli.session import session_of
from services.client import Hub
from services.client.models.executions import Execution, NodeRun

app = typer.Typer(no_args_is_help=True, help="See executions, stop and retry them.")

Id = Annotated[str, typer.Argument(metavar="ID", help="The execution's id.")]
Ids = Annotated[list[str] | None, typer.Argument(metavar="ID", help="Ids of executions.")]
OfWorkflow = Annotated[str, typer.Option(help="All of this workflow, by name or id.", autocompletion=complete_workflow)]
OfStatus = Annotated[list[str] | None, typer.Option(help="All of this status. Repeatable.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before acting on all that are found.")]
NODES_SHOWN = 1_000
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
    workflow: Annotated[str, typer.Option(help="Name or id.", autocompletion=complete_workflow)] = "",
    runner: Annotated[str, typer.Option(help="Name or id.", autocompletion=complete_runner)] = "",
    status: Annotated[list[str] | None, typer.Option(help="QUEUED, RUNNING, FAILED, … Repeatable.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 20,
) -> None:
    """List executions, newest first."""
    session = session_of(context)

    async def look(hub: Hub) -> list[dict[str, Any]]:
        found = hub.executions.each(
            workflow_id=(await hub.workflows.find(workflow)).id if workflow else None,
            runner_id=(await hub.runners.find(runner)).id if runner else None,
            status=[each.upper() for each in status or ()],
            most=limit,
        )
        return await documents(found)

    session.output.table(session.ask(look), COLUMNS, "No execution was found.")


@app.command("show")
def show_execution(context: typer.Context, execution_id: Id) -> None:
    """Show an execution and its nodes."""
    session = session_of(context)
    identifier = require_id("an execution", execution_id)

    async def look(hub: Hub) -> tuple[Execution, list[NodeRun]]:
        execution = await hub.executions.get(identifier)
        return execution, [run async for run in hub.executions.nodes(identifier, NODES_SHOWN)]

    execution, nodes = session.ask(look)
    document = execution.as_json()
    workflow = execution.workflow.name if execution.workflow else execution.workflow_id
    facts = {
        "workflow": f"{workflow} version {execution.version}",
        "runner": execution.runner_name,
        "created": document.get("createdAt"),
        "started": document.get("startedAt"),
        "ended": document.get("completedAt"),
        "started by": execution.triggered_by.name if execution.triggered_by else None,
        "waiting for": execution.waiting_for,
    }
    lines = [
        *ended_lines(execution),
        *(f"{name:12}{shown(value)}" for name, value in facts.items() if value is not None),
        *map(_node_line, nodes),
    ]
    session.output.document({"execution": document, "nodes": [node.as_json() for node in nodes]}, lines)


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
        async for line in hub.executions.logs(identifier, follow=follow, level=level or None, search=search):
            document = line.as_json()
            if session.output.as_json:
                session.output.json_line(document)
            else:
                node = f" [{line.node_id}]" if line.node_id else ""
                session.output.line(f"{document['at']} {line.level:7}{node} {line.message}")

    session.ask(read)


@app.command("stop")
def stop_execution(
    context: typer.Context,
    execution_ids: Ids = None,
    workflow: OfWorkflow = "",
    status: OfStatus = None,
    yes: Yes = False,
    force: Annotated[bool, typer.Option("--force", help="Kill at once instead of 15 seconds of grace.")] = False,
    reason: Annotated[str, typer.Option(help="Why; it is shown to others.")] = "",
) -> None:
    """Ask for the end of executions: of these, or of all that --workflow and --status mean."""
    session = session_of(context)
    meant = read_meant(execution_ids, workflow, status)
    if (one := meant.one) is None:
        act_on_many(session, "stop", meant, {"force": force, "reason": reason}, yes=yes)
        return
    stopped = session.ask(lambda hub: hub.executions.stop(one, force=force, reason=reason))
    session.output.document({"execution": stopped.as_json()}, [f"{one}  {stopped.status}"])


@app.command("retry")
def retry_execution(
    context: typer.Context,
    execution_ids: Ids = None,
    workflow: OfWorkflow = "",
    status: OfStatus = None,
    yes: Yes = False,
    from_node: Annotated[
        str, typer.Option("--from", metavar="NODE", help="Reuse what was done before this node of the top level.")
    ] = "",
    var: Annotated[
        list[str] | None,
        typer.Option("--var", help="name=value of a variable, with --from. Repeatable."),
    ] = None,
    version: Annotated[int, typer.Option(min=0, help="Another version; 0 leaves the choice to the Hub.")] = 0,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the end; exits 6 unless it is COMPLETED.")] = False,
) -> None:
    """Start new executions with the same inputs: of one from the start or from a node, of many from their starts."""
    session = session_of(context)
    meant = read_meant(execution_ids, workflow, status)
    if (one := meant.one) is None:
        if from_node or var or version or wait:
            raise usage("--from, --var, --version and --wait are for a single execution.")
        act_on_many(session, "retry", meant, {}, yes=yes)
        return
    variables = parse_pairs(var or (), {})
    retried = session.ask(
        lambda hub: hub.executions.retry(one, from_node=from_node, variables=variables, version=version)
    )
    if wait:
        wait_for_end(session, retried.id)
        return
    session.output.document({"execution": retried.as_json()}, [f"{retried.id}  {retried.status}"])


@app.command("pending")
def show_pending(context: typer.Context, execution_id: Id) -> None:
    """Say for every runner why it does not take the execution."""
    session = session_of(context)
    identifier = require_id("an execution", execution_id)
    reasons = session.ask(lambda hub: hub.executions.pending_reasons(identifier))
    lines = [
        f"{reason.runner or 'every runner'}: "
        + ("; ".join(obstacle.message or obstacle.code for obstacle in reason.obstacles) or "may take it now")
        for reason in reasons
    ]
    items = [reason.as_json() for reason in reasons]
    session.output.document({"items": items}, lines or ["It is not waiting, or no runner is registered."])


def _node_line(node: NodeRun) -> str:
    path = "".join(f" {turn.loop}[{turn.index}]" for turn in node.path)
    failure = f"  {node.failure.code}: {node.failure.message}" if node.failure else ""
    return f"  {node.status:10} {node.duration_seconds:8.3f} s  {node.node_id}{path}{failure}"
