"""`exekra trigger breaker|resume` and `exekra failures`: what failed alike, what paused because of it, and going on."""

from typing import Annotated, Any

import typer

from services.cli.session import session_of
from services.cli.triggers import Name, find_trigger
from services.client import Hub

COLUMNS = {
    "COUNT": "count",
    "CODE": "code",
    "NODE": "nodeId",
    "MESSAGE": "message",
    "LAST": "lastAt",
    "EXECUTION": "latestExecutionId",
}


def add_to(triggers: typer.Typer, root: typer.Typer) -> None:
    """Adds the commands to those of triggers, and to the tree."""
    triggers.command("breaker")(show_breaker)
    triggers.command("resume")(resume_trigger)
    root.command("failures")(list_failures)


def show_breaker(
    context: typer.Context,
    name: Name,
    enabled: Annotated[bool | None, typer.Option("--on/--off", help="Whether the trigger may pause at all.")] = None,
    threshold: Annotated[int | None, typer.Option(help="Failures in a row that are alike.")] = None,
    probe: Annotated[
        float | None, typer.Option(help="Seconds until one held fire is tried; doubles each time.")
    ] = None,
    release: Annotated[str | None, typer.Option(help="What is held becomes one execution (coalesce), or all.")] = None,
) -> None:
    """Show whether a trigger has paused itself, or change when it does."""
    session = session_of(context)
    wanted = {"enabled": enabled, "threshold": threshold, "probeSeconds": probe, "release": release}
    body = {member: value for member, value in wanted.items() if value is not None}

    async def look(hub: Hub) -> dict[str, Any]:
        path = f"/triggers/{(await find_trigger(hub, name))['id']}/breaker"
        answer: dict[str, Any] = await hub.patch(path, body) if body else await hub.get(path)
        return answer

    answer = session.ask(look)
    session.output.document(answer, _lines(answer["breaker"]))


def resume_trigger(context: typer.Context, name: Name) -> None:
    """Let a paused trigger go on; what it held is released."""
    session = session_of(context)

    async def resume(hub: Hub) -> dict[str, Any]:
        answer: dict[str, Any] = await hub.post(f"/triggers/{(await find_trigger(hub, name))['id']}/resume")
        return answer

    answer = session.ask(resume)
    session.output.document(answer, _lines(answer["breaker"]))


def list_failures(
    context: typer.Context,
    first: Annotated[str, typer.Option("--from", help="A time with its offset; 24 hours ago when left out.")] = "",
    last: Annotated[str, typer.Option("--to", help="A time with its offset; now when left out.")] = "",
) -> None:
    """List failures grouped by what went wrong, the most frequent first."""
    session = session_of(context)

    async def look(hub: Hub) -> dict[str, Any]:
        answer: dict[str, Any] = await hub.get("/failures", **{"from": first, "to": last})
        return answer

    answer = session.ask(look)
    session.output.table(answer["items"], COLUMNS, "Nothing failed.")
    if not answer["isWhole"]:
        session.output.remark("There are more failures than were looked at: only the newest are grouped.")


def _lines(breaker: dict[str, Any]) -> list[str]:
    switched = "" if breaker["enabled"] else ", switched off"
    lines = [f"{breaker['state']}{switched}: pauses after {breaker['threshold']} failures in a row that are alike"]
    if breaker["failures"]:
        lines.append(f"{breaker['failures']} so far, the latest: {breaker['lastExecutionId']}")
    if breaker["probeAt"]:
        lines.append(f"what comes is held; one is tried from {breaker['probeAt']}")
    return lines
