"""`exekra workflow …`: bring workflows in and out, judge and publish them."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.client import Hub
from services.cli.errors import FAILED, usage
from services.cli.naming import find_workflow
from services.cli.profile import read_text
from services.cli.session import session_of

app = typer.Typer(no_args_is_help=True, help="Bring workflows in and out, judge and publish them.")

Name = Annotated[str, typer.Argument(metavar="WORKFLOW", help="Name or id.")]
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
    items = session.ask(lambda hub: hub.items("/workflows", q=search, tag=tag))
    session.output.table(items, COLUMNS, "There is no workflow. Bring one in: exekra workflow import FILE")


@app.command("show")
def show_workflow(
    context: typer.Context,
    name: Name,
    graph: Annotated[bool, typer.Option("--graph", help="Print the draft's graph alone.")] = False,
) -> None:
    """Show a workflow and its versions."""
    session = session_of(context)

    async def look(hub: Hub) -> dict[str, Any]:
        found = await find_workflow(hub, name)
        workflow = (await hub.get(f"/workflows/{found['id']}"))["workflow"]
        return {"workflow": workflow, "versions": await hub.items(f"/workflows/{found['id']}/versions", most=20)}

    found = session.ask(look)
    workflow = found["workflow"]
    if graph:
        session.output.line(json.dumps(workflow["graph"], indent=2, ensure_ascii=False))
        return
    lines = [
        f"{workflow['name']}  ({workflow['id']})",
        *([workflow["description"]] if workflow["description"] else []),
        f"draft {workflow['draftVersion']}, published {workflow['publishedVersion'] or 'none'}",
        *(
            f"{'*' if version['published'] else ' '} {version['version']:>4}  {version['createdAt']}  "
            f"{(version['createdBy'] or {}).get('name', '')}  {version['note']}"
            for version in found["versions"]
        ),
    ]
    session.output.document(found, lines)


@app.command("import")
def import_workflow(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="An exported document, or a graph alone.")],
    name: Annotated[str, typer.Option(help="In place of the document's; a graph alone is named after its file.")] = "",
    publish: Annotated[bool, typer.Option("--publish", help="Publish it as well.")] = False,
) -> None:
    """Make a workflow from a file."""
    session = session_of(context)
    document = read_json(file)

    async def bring_in(hub: Hub) -> dict[str, Any]:
        if "format" in document or "nodes" not in document:
            answer = await hub.post("/workflows/import", document, name=name)
        else:
            answer = await hub.post("/workflows", {"name": name or file.stem, "graph": document})
        if publish:
            # Said before: when publishing is refused, the workflow is there nevertheless.
            session.output.remark(f"Made {answer['workflow']['name']} ({answer['workflow']['id']}).")
            answer |= await hub.post(f"/workflows/{answer['workflow']['id']}/publish", {})
        result: dict[str, Any] = answer
        return result

    answer = session.ask(bring_in)
    workflow = answer["workflow"]
    published = f", version {workflow['publishedVersion']} published" if workflow["publishedVersion"] else ""
    session.output.document(
        answer, [f"Imported {workflow['name']} ({workflow['id']}){published}.", *problem_lines(answer)]
    )


@app.command("export")
def export_workflow(
    context: typer.Context,
    name: Name,
    version: Annotated[int | None, typer.Option(help="The published one, else the draft, when left out.")] = None,
    output: Annotated[Path | None, typer.Option(help="Write to this file instead of printing.")] = None,
) -> None:
    """Print a workflow as a document that another Hub can import."""
    session = session_of(context)

    async def fetch(hub: Hub) -> Any:
        workflow = await find_workflow(hub, name)
        return await hub.get(f"/workflows/{workflow['id']}/export", version=version)

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
    body: dict[str, Any] = {}
    if file is not None:
        document = read_json(file)
        body["graph"] = document.get("graph") if "format" in document else document

    async def judge(hub: Hub) -> dict[str, Any]:
        workflow = await find_workflow(hub, name)
        verdict: dict[str, Any] = await hub.post(f"/workflows/{workflow['id']}/validate", body)
        return verdict

    verdict = session.ask(judge)
    session.output.document(verdict, problem_lines(verdict) or ["No problem was found."])
    if not verdict["valid"]:
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

    async def publish(hub: Hub) -> dict[str, Any]:
        workflow = await find_workflow(hub, name)
        body = {"note": note, **({} if version is None else {"version": version})}
        answer: dict[str, Any] = await hub.post(f"/workflows/{workflow['id']}/publish", body)
        return answer

    answer = session.ask(publish)
    workflow = answer["workflow"]
    session.output.document(answer, [f"{workflow['name']}: version {workflow['publishedVersion']} is published."])


def read_json(file: Path) -> dict[str, Any]:
    """The JSON object in a file. Raises CliError."""
    try:
        document = json.loads(read_text(file))
    except ValueError as error:
        raise usage(f"{file} is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise usage(f"{file} holds no JSON object.")
    return document


def problem_lines(verdict: dict[str, Any]) -> list[str]:
    """One line for each problem."""
    return [
        f"{problem['severity']}: {problem['pointer'] or '/'}: "
        f"{'node ' + problem['nodeId'] + ': ' if problem['nodeId'] else ''}{problem['message']}"
        for problem in verdict.get("problems") or ()
    ]
