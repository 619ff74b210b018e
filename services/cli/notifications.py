"""`exekra notification …`: who is told of events by e-mail."""

from typing import Annotated, Any

import typer

from services.cli.errors import FAILED
from services.cli.events import find_in_whole_list
from services.cli.session import session_of
from services.client import Hub

app = typer.Typer(no_args_is_help=True, help="Rules by which people are told of events by e-mail.")

RULES = "/notification-rules"
Name = Annotated[str, typer.Argument(metavar="RULE", help="Name or id.")]
COLUMNS = {
    "NAME": "name",
    "ENABLED": "enabled",
    "TO": "recipients",
    "EVENTS": "eventTypes",
    "DIGEST": "digestSeconds",
    "PENDING": "pending",
    "LAST SENT": "lastSentAt",
    "LAST ERROR": "lastError",
    "ID": "id",
}


@app.command("list")
def list_rules(context: typer.Context) -> None:
    """List rules by name."""
    session = session_of(context)
    answer = session.ask(lambda hub: hub.get(RULES))
    session.output.table(answer["items"], COLUMNS, "There is no rule. Make one: exekra notification create NAME --to …")
    if not answer["mailConfigured"]:
        session.output.remark("This Hub has no mail server (EXEKRA_SMTP_HOST): mails wait.")


@app.command("create")
def create_rule(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="How people call it.")],
    to: Annotated[list[str], typer.Option(help="An e-mail address; repeatable.")],
    event: Annotated[list[str] | None, typer.Option(help="A type, * for any part; repeatable.")] = None,
    workflow: Annotated[list[str] | None, typer.Option(help="Of these workflows alone; repeatable.")] = None,
    failures: Annotated[bool, typer.Option("--failures-only", help="Of executions only what went wrong.")] = False,
    digest: Annotated[int, typer.Option(min=0, help="One mail for the events of so many seconds.")] = 0,
) -> None:
    """Make a rule."""
    session = session_of(context)
    body = {
        "name": name,
        "recipients": to,
        "eventTypes": event or ["execution.failed", "execution.lost"],
        "failuresOnly": failures,
        "digestSeconds": digest,
    }

    async def make(hub: Hub) -> dict[str, Any]:
        chosen = [(await hub.workflows.find(each)).id for each in workflow or []]
        made: dict[str, Any] = await hub.create(RULES, {**body, "workflowIds": chosen})
        return made

    answer = session.ask(make)
    session.output.document(answer, [f"Made {name} ({answer['rule']['id']})."])


@app.command("enable")
def enable_rule(context: typer.Context, name: Name) -> None:
    """Send mails by a rule again."""
    _change(context, name, enabled=True)


@app.command("disable")
def disable_rule(context: typer.Context, name: Name) -> None:
    """Collect nothing more for a rule."""
    _change(context, name, enabled=False)


@app.command("test")
def test_rule(context: typer.Context, name: Name) -> None:
    """Send a sample now; exits 1 when the mail server does not take it."""
    session = session_of(context)

    async def send(hub: Hub) -> dict[str, Any]:
        rule_id = await find_in_whole_list(hub, "notification rule", RULES, name)
        answer: dict[str, Any] = await hub.post(f"{RULES}/{rule_id}/test")
        return answer

    answer = session.ask(send)
    lines = ["The mail server took it." if answer["sent"] else answer["error"]]
    lines += [f"{one['recipient']}: {one['error']}" for one in answer["refused"]]
    session.output.document(answer, lines)
    if not answer["sent"]:
        raise typer.Exit(FAILED)


@app.command("delete")
def delete_rule(context: typer.Context, name: Name) -> None:
    """Delete a rule and its mails that were not sent."""
    session = session_of(context)

    async def remove(hub: Hub) -> None:
        await hub.delete(f"{RULES}/{await find_in_whole_list(hub, 'notification rule', RULES, name)}")

    session.ask(remove)
    session.output.document({"deleted": name}, [f"{name} is gone."])


def _change(context: typer.Context, name: str, *, enabled: bool) -> None:
    session = session_of(context)

    async def change(hub: Hub) -> dict[str, Any]:
        rule_id = await find_in_whole_list(hub, "notification rule", RULES, name)
        answer: dict[str, Any] = await hub.patch(f"{RULES}/{rule_id}", {"enabled": enabled})
        return answer

    answer = session.ask(change)
    session.output.document(answer, [f"{answer['rule']['name']} is {'on' if enabled else 'off'}."])
