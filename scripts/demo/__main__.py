"""Runs the demo: on a Hub and a runner of its own, or with `--url` on a Hub that runs already.

Exits 0 only if the execution is COMPLETED and its numbers are right, 1 if not, 2 for bad usage, 4 if refused.
"""

import asyncio
import sys
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from scripts.demo.check import ResultWrongError, check_output, check_workbook, expected_sheets, workbook_of
from scripts.demo.client import HubClient, signed_in
from scripts.demo.command import EXIT_REFUSED, run_demo
from scripts.demo.existing_hub import ExistingHub, read_arguments
from scripts.demo.launch import run_workflow
from scripts.demo.material import REGIONS, airports_file, read_graph
from scripts.demo.own_hub import own_hub
from scripts.demo.regions_service import BUSY_ANSWERS, RegionsService, regions_service
from scripts.demo.report import Evidence, report
from scripts.demo.timeline import graph_names
from services.launcher.console import Console
from services.launcher.settings import LauncherSettings

RUN_SECONDS: Final = 120
WORKFLOW: Final = "Airports by region"


def main(arguments: list[str]) -> int:
    """Run the demo; the exit status."""
    try:
        existing = read_arguments(arguments)
        settings = LauncherSettings()
    except (ValidationError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_REFUSED
    console = Console(settings.log_format)
    return run_demo(_demo(settings, existing, console), console)


async def _demo(settings: LauncherSettings, existing: ExistingHub | None, console: Console) -> None:
    airports = await asyncio.to_thread(airports_file, settings.home.expanduser().absolute() / "demo")
    if existing:
        await _on_existing(existing, airports, console)
    else:
        await _on_own(settings, airports, console)


async def _on_existing(hub: ExistingHub, airports: Path, console: Console) -> None:
    path = await asyncio.to_thread(hub.path_for_runner, airports)
    async with (
        regions_service(hub.listen) as service,
        signed_in(hub.url, hub.authority, hub.email, hub.password) as client,
    ):
        await _integrate(client, service, airports, path, hub.url, console)
    console.progress("the demo is done")


async def _on_own(settings: LauncherSettings, airports: Path, console: Console) -> None:
    async with own_hub(settings, console) as (hub, client), regions_service() as service:
        await _integrate(client, service, airports, str(airports), hub.url, console)


async def _integrate(
    client: HubClient, service: RegionsService, airports: Path, path: str, url: str, console: Console
) -> None:
    """All an integrator does: publish, launch, follow, show, check. The runner finds the airports at `path`."""
    inputs = {"airportsFile": path, "regionsUrl": service.url}
    evidence = await run_workflow(client, WORKFLOW, read_graph(), inputs, RUN_SECONDS, console)
    for line in report(evidence, graph_names(read_graph()), url):
        console.write(line)
    await _check(client, evidence, service, airports, console)


async def _check(
    client: HubClient, evidence: Evidence, service: RegionsService, airports: Path, console: Console
) -> None:
    output = evidence.execution["output"]
    if not evidence.completed:
        raise ResultWrongError(f"the execution is {evidence.execution['status']}, not COMPLETED")
    ends = {run["nodeId"]: (run["status"], run["tryNumber"]) for run in evidence.runs}
    if service.calls != BUSY_ANSWERS + 1 or ends["states"] != ("completed", BUSY_ANSWERS + 1):
        raise ResultWrongError(f"the busy service was called {service.calls} times, its node ended {ends['states']}")
    if ends["closed"] != ("failed", 1):
        raise ResultWrongError(f"the node whose failure is caught ended {ends['closed']}")
    archive = await client.download(output["artifact"]["artifactId"])
    expected = await asyncio.to_thread(expected_sheets, airports, REGIONS)
    check_output(output, expected, airports)
    check_workbook(await asyncio.to_thread(workbook_of, archive), expected)
    rows = sum(len(sheet) for sheet in expected.values())
    console.progress(
        f"checked: {len(expected)} sheets with {rows:,} rows in {len(archive):,} bytes equal an independent computation"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
