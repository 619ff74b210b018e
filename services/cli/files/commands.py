"""`exekra apply DIR` and `exekra workflow export --all DIR`."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.errors import FAILED, REFUSED, CliError, usage
from services.cli.files.folder import read_folder, write_folder
from services.cli.files.hub_side import ChangedMeanwhileError, carry_out, find_problems, read_stored
from services.cli.files.plan import Step, Stored, plan
from services.cli.session import Session, session_of
from services.client import Hub

_MARKS = {"create": "+", "change": "~", "delete": "-", "none": "="}
_DONE = {"create": "created", "change": "changed", "delete": "deleted", "none": "published"}


def add_to(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("apply")(apply_folder)


def apply_folder(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of *.workflow.json files.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    publish: Annotated[
        bool, typer.Option("--publish", help="Publish what differs from the published version.")
    ] = False,
    prune: Annotated[bool, typer.Option("--prune", help="Delete workflows of the Hub that have no file.")] = False,
    tag: Annotated[str, typer.Option(help="With --prune: delete only those that carry this tag.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking, at a terminal too.")] = False,
    note: Annotated[str, typer.Option(help="Kept with each version that is made, as a commit's id.")] = "",
) -> None:
    """Make the Hub's workflows as the files say. All are checked before the first is changed; a repeat changes none."""
    session = session_of(context)
    files = read_folder(folder)
    if prune and not files:
        raise usage(f"{folder} holds no workflow, and --prune would delete all of the Hub's.")

    async def prepare(hub: Hub) -> tuple[list[Step], list[str]]:
        says_schedules = any(document.schedules is not None for document in files.values())
        stored = await read_stored(hub, published=publish, schedules=says_schedules)
        steps = plan(files, stored, publish=publish, prune=prune, tag=tag)
        return steps, await find_problems(hub, steps)

    steps, problems = session.ask(prepare)
    _show(session, steps)
    if problems:
        raise CliError("Some workflows are not in order; nothing was changed.", FAILED, details=problems)
    if not dry_run:
        _confirm_deletions(session, steps, yes)
        session.ask(lambda hub: _carry_out(session, hub, steps, note))
    applied = not dry_run
    session.output.document({"applied": applied, "steps": list(map(_as_json, steps))}, [_summary(steps, applied)])


def export_folder(session: Session, folder: Path, *, published: bool, prune: bool, tag: str = "") -> None:
    """Writes a file for every workflow (of a tag) the caller may see."""

    async def read(hub: Hub) -> list[Stored]:
        return list((await read_stored(hub, published=published, schedules=True, tag=tag)).values())

    stored = session.ask(read)
    chosen = [found for found in stored if not published or found.published is not None]
    changes = write_folder(folder, [found.document(published=published) for found in chosen], remove_stale=prune)
    stale = "removed" if prune else "of no workflow any longer (--prune removes them)"
    lines = [
        *(f"wrote {path}" for path in changes.written),
        *(f"{stale}: {path}" for path in changes.stale),
        f"{len(changes.written)} written, {len(changes.same)} unchanged.",
    ]
    document = {
        "written": list(map(str, changes.written)),
        "unchanged": list(map(str, changes.same)),
        "stale": list(map(str, changes.stale)),
    }
    session.output.document(document, lines)


def _show(session: Session, steps: list[Step]) -> None:
    if session.output.as_json:
        return
    for step in steps:
        if step.changes:
            session.output.line(f"{_MARKS[step.action]} {step.name}{' (publish)' if step.publish else ''}")
            session.output.diff(step.diff())


def _confirm_deletions(session: Session, steps: list[Step], yes: bool) -> None:
    doomed = [step.name for step in steps if step.action == "delete"]
    if doomed and not yes and session.output.is_terminal:
        typer.confirm(f"Delete {len(doomed)} workflows: {', '.join(doomed)}?", abort=True)


async def _carry_out(session: Session, hub: Hub, steps: list[Step], note: str) -> None:
    try:
        async for step in carry_out(hub, steps, note):
            published = " and published" if step.publish and step.action != "none" else ""
            session.output.remark(f"{step.name}: {_DONE[step.action]}{published}")
    except ChangedMeanwhileError as error:
        raise CliError(str(error), REFUSED, reason="DRAFT_CHANGED") from None


def _summary(steps: list[Step], applied: bool) -> str:
    counts = {action: sum(step.action == action for step in steps) for action in _DONE}
    published = sum(step.publish for step in steps)
    did, would = ("", "") if applied else ("would be ", " Nothing was changed.")
    return (
        f"{counts['create']} {did}created, {counts['change']} {did}changed, {counts['delete']} {did}deleted, "
        f"{published} {did}published, {sum(not step.changes for step in steps)} as they should be.{would}"
    )


def _as_json(step: Step) -> dict[str, object]:
    return {
        "name": step.name,
        "file": str(step.path) if step.path else None,
        "action": step.action,
        "publish": step.publish,
        "schedules": [{"name": schedule.name, "action": schedule.action} for schedule in step.schedules],
        "diff": step.diff() if step.changes else [],
    }
