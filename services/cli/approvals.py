"""`exekra approval …`: what executions ask people, and the answers."""

import json
from typing import Annotated

import typer

from services.cli.naming import require_id
from services.cli.session import session_of

app = typer.Typer(no_args_is_help=True, help="What executions ask people.")

Id = Annotated[str, typer.Argument(metavar="ID", help="The approval's id.")]
Comment = Annotated[str, typer.Option(help="Why; the workflow can read it.")]
COLUMNS = {"ID": "id", "TITLE": "title", "WORKFLOW": "workflow.name", "STATUS": "status", "UNTIL": "expiresAt"}


@app.command("list")
def list_approvals(
    context: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Also those that are decided or cancelled.")] = False,
    execution: Annotated[str, typer.Option(help="Of one execution, by its id.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
) -> None:
    """List what waits for a person, the newest first."""
    session = session_of(context)
    status = "" if every else "pending"
    of = require_id("an execution", execution) if execution else ""
    items = session.ask(lambda hub: hub.items("/approvals", limit, status=status, executionId=of))
    session.output.table(items, COLUMNS, "Nothing waits for a person." if not every else "There is no approval.")


@app.command("show")
def show_approval(context: typer.Context, approval_id: Id) -> None:
    """Show a question with its message and data, and its answer if there is one."""
    session = session_of(context)
    identifier = require_id("an approval", approval_id)
    answer = session.ask(lambda hub: hub.get(f"/approvals/{identifier}"))
    approval = answer["approval"]
    lines = [f"{approval['title']}  {approval['status']}  (execution {approval['executionId']})"]
    lines += [approval["message"]] if approval["message"] else []
    lines += [json.dumps(approval["data"], indent=2, ensure_ascii=False)] if approval["data"] is not None else []
    if approval["decidedAt"]:
        by = (approval["decidedBy"] or {}).get("name") or "the time-out"
        lines.append(f"Decided by {by} at {approval['decidedAt']}. {approval['comment']}".rstrip())
    else:
        lines.append(f"Counts as {approval['onTimeout']} when nobody decides until {approval['expiresAt']}.")
    session.output.document(answer, lines)


@app.command("approve")
def approve(context: typer.Context, approval_id: Id, comment: Comment = "") -> None:
    """Say yes; the execution goes on by `approved`."""
    _decide(context, approval_id, "approved", comment)


@app.command("reject")
def reject(context: typer.Context, approval_id: Id, comment: Comment = "") -> None:
    """Say no; the execution goes on by `rejected`."""
    _decide(context, approval_id, "rejected", comment)


def _decide(context: typer.Context, approval_id: str, decision: str, comment: str) -> None:
    session = session_of(context)
    identifier = require_id("an approval", approval_id)
    body = {"decision": decision, "comment": comment}
    answer = session.ask(lambda hub: hub.post(f"/approvals/{identifier}", body))
    session.output.document(answer, [f"{answer['approval']['title']}  {answer['approval']['status']}"])
