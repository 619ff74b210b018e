"""The two exercises: which workflow does each, and what a person is told of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from scripts.demo.browser.check import check_challenge, check_shop
from scripts.demo.browser.site import Site
from scripts.demo.check import ResultWrongError
from scripts.demo.client import HubClient
from scripts.demo.launch import run_workflow
from scripts.demo.material import read_graph
from scripts.demo.report import Evidence
from scripts.demo.timeline import draw_timeline, graph_names
from services.launcher.console import Console

RUN_SECONDS: Final = 600


@dataclass(frozen=True)
class Exercise:
    """A workflow of this repository by its name in the Hub and its file."""

    name: str
    file: str


CHALLENGE: Final = Exercise("Form challenge", "form-challenge")
SHOP: Final = Exercise("Robot orders", "robot-orders")


async def do_challenge(client: HubClient, site: Site, url: str, console: Console) -> None:
    """Ten people into a form that changes after each. Raises ResultWrongError, CallRefusedError."""
    output = await _do(CHALLENGE, client, site, url, console)
    check_challenge(output, site.challenge)
    console.progress(
        f"checked: {output['rounds']} rounds, {output['right']} of {output['fields']} fields right "
        f"in {output['milliseconds']:,} ms"
    )


async def do_shop(client: HubClient, site: Site, url: str, console: Console) -> None:
    """Twenty robots from a shop whose press jams. Raises ResultWrongError, CallRefusedError."""
    output = await _do(SHOP, client, site, url, console)
    archive = await client.download(output["artifact"]["artifactId"])
    check_shop(output, site.shop, archive)
    console.progress(
        f"checked: {output['orders']} orders, each taken once although the press was jammed {output['jams']} times; "
        f"{output['orders']} receipts with pictures in {len(archive):,} bytes"
    )


async def _do(exercise: Exercise, client: HubClient, site: Site, url: str, console: Console) -> Mapping[str, Any]:
    graph = read_graph(exercise.file)
    evidence = await run_workflow(client, exercise.name, graph, {"siteUrl": site.url}, RUN_SECONDS, console)
    for line in _report(evidence, graph_names(graph), url):
        console.write(line)
    if not evidence.completed:
        raise ResultWrongError(f"the execution is {evidence.execution['status']}, not COMPLETED")
    output: Mapping[str, Any] = evidence.execution["output"]
    return output


def _report(evidence: Evidence, names: Mapping[str, str], url: str) -> list[str]:
    """The timeline of the workflow itself; what happens in its loops is some hundred node runs."""
    execution = evidence.execution
    return [
        "",
        *draw_timeline([run for run in evidence.runs if not run["path"]], names),
        f"{len(evidence.runs)} node runs in all",
        "",
        *(f"{line['level']:>8}  {line['message']}" for line in evidence.lines),
        *(
            []
            if evidence.completed
            else [f"{execution['status']}: {execution['failure'] or execution['pendingReasons']}"]
        ),
        f"{url}/executions/{execution['id']}",
        "",
    ]
