"""`exekra workflow …`: bring workflows in and out, judge and publish them."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.completion import complete_workflow
from services.cli.errors import FAILED, usage
from services.cli.files.commands import export_folder
from services.cli.output import documents
from services.cli.profile import read_text
from services.cli.session import session_of
from services.client import Hub
from services.client.models.workflows import GraphProblem, Imported, Validation, Version, Workflow

app = typer.Typer(no_args_is_help=True, help="Bring workflows in and out, judge and publish them.")

Name = Annotated[str, typer.Argument(metavar="WORKFLOW", help="Name or id.", autocompletion=complete_workflow)]
VERSIONS_SHOWN = 20
COLUMNS = {
    "NAME": "name",
    "DRAFT": "draftVersion",
    "PUBLISHED": "publishedVersion",
    "TAGS": "tags",
    "CHANGED": "updatedAt",
    "ID": "id",
}


@app.command("list")
def list_workflows(
    context: typer.Context,
    search: Annotated[str, typer.Option(help="Part of the name or description.")] = "",
    tag: Annotated[str, typer.Option(help="A tag.")] = "",
) -> None:
    """List workflows by name."""
    session = session_of(context)
    items = session.ask(lambda hub: documents(hub.workflows.each(search=search, tag=tag)))
    session.output.table(items, COLUMNS, "There is no workflow. Bring one in: exekra workflow import FILE")


@app.command("show")
def show_workflow(
    context: typer.Context,
    name: Name,
    graph: Annotated[bool, typer.Option("--graph", help="Print the draft's graph alone.")] = False,
) -> None:
    """Show a workflow and its versions."""
    session = session_of(context)

    async def look(hub: Hub) -> tuple[Workflow, list[Version]]:
        workflow = await hub.workflows.get((await hub.workflows.find(name)).id)
        return workflow, [version async for version in hub.workflows.versions(workflow.id, VERSIONS_SHOWN)]

    workflow, versions = session.ask(look)
    if graph:
        session.output.line(json.dumps(workflow.graph, indent=2, ensure_ascii=False))
        return
    lines = [
        f"{workflow.name}  ({workflow.id})",
        *([workflow.description] if workflow.description else []),
        f"draft {workflow.draft_version}, published {workflow.published_version or 'none'}",
        *map(_version_line, versions),
    ]
    document = {"workflow": workflow.as_json(), "versions": [version.as_json() for version in versions]}
    session.output.document(document, lines)


@app.command("import")
def import_workflow(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="An exported document, a graph alone, or an export of n8n or Node-RED.")],
    name: Annotated[str, typer.Option(help="In place of the document's; a graph alone is named after its file.")] = "",
    publish: Annotated[bool, typer.Option("--publish", help="Publish it as well.")] = False,
) -> None:
    """Make a workflow from a file."""
    session = session_of(context)
    document = read_json(file)

    async def bring_in(hub: Hub) -> Imported:
        if _is_bare_graph(document):
            imported = Imported(workflow=await hub.workflows.create(name or file.stem, graph=document))
        else:
            imported = await hub.workflows.import_document(document, name=name)
        if publish:
            # Said before: when publishing is refused, the workflow is there nevertheless.
            session.output.remark(f"Made {imported.workflow.name} ({imported.workflow.id}).")
            published = await hub.workflows.publish(imported.workflow.id)
            imported = imported.model_copy(update={"workflow": published})
        return imported

    imported = session.ask(bring_in)
    workflow = imported.workflow
    published = f", version {workflow.published_version} published" if workflow.published_version else ""
    lines = [
        f"Imported {workflow.name} ({workflow.id}){published}.",
        *(f"{note.kind}: {note.node}: {note.message}" for note in imported.notes),
        *problem_lines(imported.problems),
    ]
    session.output.document(imported.as_json(), lines)


@app.command("export")
def export_workflow(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="[WORKFLOW]", help="Name or id.", autocompletion=complete_workflow)
    ] = "",
    version: Annotated[int | None, typer.Option(help="The published one, else the draft, when left out.")] = None,
    output: Annotated[Path | None, typer.Option(help="Write to this file instead of printing.")] = None,
    folder: Annotated[
        Path | None, typer.Option("--all", metavar="DIR", help="Write a file for each workflow's draft, for git.")
    ] = None,
    published: Annotated[
        bool, typer.Option("--published", help="With --all: the published versions in place of the drafts.")
    ] = False,
    tag: Annotated[str, typer.Option(help="With --all: only those that carry this tag.")] = "",
    prune: Annotated[
        bool, typer.Option("--prune", help="With --all: remove files of workflows that are gone.")
    ] = False,
) -> None:
    """Print a workflow as a document that another Hub can import, or write all of them as files."""
    session = session_of(context)
    if (folder is None) == (not name):
        raise usage("Name one workflow, or give --all DIR.")
    if folder is not None:
        export_folder(session, folder, published=published, prune=prune, tag=tag)
        return

    async def fetch(hub: Hub) -> Any:
        return await hub.workflows.export((await hub.workflows.find(name)).id, version)

    text = json.dumps(session.ask(fetch), indent=2, ensure_ascii=False) + "\n"
    if output is None:
        session.output.line(text.removesuffix("\n"))
    else:
        output.write_text(text, encoding="utf-8")
        session.output.document({"file": str(output)}, [f"Wrote {output}."])


@app.command("validate")
def validate_workflow(
    context: typer.Context,
    name: Name,
    file: Annotated[Path | None, typer.Option(help="Judge this graph in place of the draft.")] = None,
) -> None:
    """List what is wrong with a workflow; exits 1 when it cannot be published."""
    session = session_of(context)
    graph = None
    if file is not None:
        document = read_json(file)
        graph = document["graph"] if isinstance(document, dict) and "format" in document else document

    async def judge(hub: Hub) -> Validation:
        return await hub.workflows.validate((await hub.workflows.find(name)).id, graph)

    verdict = session.ask(judge)
    session.output.document(verdict.as_json(), problem_lines(verdict.problems) or ["No problem was found."])
    if not verdict.valid:
        raise typer.Exit(FAILED)


@app.command("publish")
def publish_workflow(
    context: typer.Context,
    name: Name,
    version: Annotated[int | None, typer.Option(help="The latest draft when left out.")] = None,
    note: Annotated[str, typer.Option(help="Why.")] = "",
) -> None:
    """Make a version the one that executions run."""
    session = session_of(context)

    async def publish(hub: Hub) -> Workflow:
        return await hub.workflows.publish((await hub.workflows.find(name)).id, version=version, note=note)

    workflow = session.ask(publish)
    lines = [f"{workflow.name}: version {workflow.published_version} is published."]
    session.output.document({"workflow": workflow.as_json()}, lines)


def read_json(file: Path) -> Any:
    """The JSON object or list in a file. Raises CliError."""
    try:
        document = json.loads(read_text(file))
    except ValueError as error:
        raise usage(f"{file} is not JSON: {error}") from None
    if not isinstance(document, dict | list):
        raise usage(f"{file} holds no JSON object.")
    return document


def _is_bare_graph(document: Any) -> bool:
    """A graph of ours without an envelope; n8n has connections in place of edges, and Node-RED a list."""
    return (
        isinstance(document, dict)
        and "format" not in document
        and "nodes" in document
        and "connections" not in document
    )


def problem_lines(problems: Iterable[GraphProblem]) -> list[str]:
    """One line for each problem."""
    return [
        f"{problem.severity}: {problem.pointer or '/'}: "
        f"{'node ' + problem.node_id + ': ' if problem.node_id else ''}{problem.message}"
        for problem in problems
    ]


def _version_line(version: Version) -> str:
    author = version.created_by.name if version.created_by else ""
    mark = "*" if version.published else " "
    return f"{mark} {version.version:>4}  {version.as_json().get('createdAt', '')}  {author}  {version.note}"
