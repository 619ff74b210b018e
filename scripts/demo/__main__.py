"""Runs the demo: on a Hub and a runner of its own, or with `--url` on a Hub that runs already.

Exits 0 only if the execution is COMPLETED and its numbers are right, 1 if not, 2 for bad usage, 4 if refused.
"""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any, Final

import aiohttp
from pydantic import ValidationError

from scripts.demo.check import ResultWrongError, check_output, check_workbook, expected_sheets, workbook_of
from scripts.demo.client import CallRefusedError, HubClient, signed_in
from scripts.demo.existing_hub import ExistingHub, read_arguments
from scripts.demo.material import REGIONS, MaterialMissingError, airports_file, read_graph
from scripts.demo.regions_service import BUSY_ANSWERS, RegionsService, regions_service
from scripts.demo.report import Evidence, report
from scripts.demo.timeline import graph_names
from services.kit.postgres import MigrationError
from services.launcher.console import Console
from services.launcher.errors import ChildFailedError, LaunchRefusedError
from services.launcher.hub import running_hub
from services.launcher.ports import free_port, is_free
from services.launcher.settings import LauncherSettings

EXIT_OK: Final = 0
EXIT_FAILED: Final = 1
EXIT_REFUSED: Final = 4
RUN_SECONDS: Final = 120
WORKFLOW: Final = "Airports by region"
ANY_ADDRESS: Final = "0.0.0.0"  # noqa: S104 - what the gateway binds


def main(arguments: list[str]) -> int:
    """Run the demo; the exit status."""
    try:
        existing = read_arguments(arguments)
        settings = LauncherSettings()
    except (ValidationError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_REFUSED
    console = Console(settings.log_format)
    try:
        asyncio.run(_demo(settings, existing, console))
    except (LaunchRefusedError, MigrationError, MaterialMissingError) as error:
        console.warn(str(error))
        return EXIT_REFUSED
    except (ChildFailedError, CallRefusedError, ResultWrongError, aiohttp.ClientError, OSError) as error:
        console.warn(f"the demo failed: {error or type(error).__name__}")
        return EXIT_FAILED
    except (KeyboardInterrupt, asyncio.CancelledError):
        console.warn("the demo was stopped")
        return EXIT_FAILED
    return EXIT_OK


def _with_free_ports(settings: LauncherSettings, console: Console) -> LauncherSettings:
    """The same settings with free ports in place of taken ones."""
    chosen: dict[str, int] = {}
    for name in ("https_port", "runner_port"):
        port: int = getattr(settings, name)
        if not is_free(port, settings.https_host or ANY_ADDRESS):
            chosen[name] = free_port()
            console.progress(f"port {port} is taken, using {chosen[name]}")
    return settings.model_copy(update=chosen)


async def _demo(settings: LauncherSettings, existing: ExistingHub | None, console: Console) -> None:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    airports = await asyncio.to_thread(airports_file, settings.home.expanduser().absolute() / "demo")
    if existing:
        await _on_existing(existing, airports, console)
    else:
        await _on_own(_with_free_ports(settings, console), airports, console)


async def _on_existing(hub: ExistingHub, airports: Path, console: Console) -> None:
    path = await asyncio.to_thread(hub.path_for_runner, airports)
    async with (
        regions_service(hub.listen) as service,
        signed_in(hub.url, hub.authority, hub.email, hub.password) as client,
    ):
        await _integrate(client, service, airports, path, hub.url, console)
    console.progress("the demo is done")


async def _on_own(settings: LauncherSettings, airports: Path, console: Console) -> None:
    async with running_hub(settings, console) as hub, regions_service() as service:
        console.progress(f"Hub ready at {hub.url}")
        if not hub.runner_id:
            raise ChildFailedError("no runner is paired with this Hub")
        async with signed_in(hub.url, hub.authority, hub.admin.email, hub.admin.password) as client:
            await _integrate(client, service, airports, str(airports), hub.url, console)
    console.progress(f"the demo is done; its Hub is stopped, its data is in {hub.home.root}")


async def _integrate(
    client: HubClient, service: RegionsService, airports: Path, path: str, url: str, console: Console
) -> None:
    """All an integrator does: publish, launch, follow, show, check. The runner finds the airports at `path`."""
    evidence = await _run(client, {"airportsFile": path, "regionsUrl": service.url}, console)
    for line in report(evidence, graph_names(read_graph()), url):
        console.write(line)
    await _check(client, evidence, service, airports, console)


async def _run(client: HubClient, inputs: dict[str, Any], console: Console) -> Evidence:
    workflow_id, version = await client.publish(WORKFLOW, read_graph())
    console.progress(f"workflow {WORKFLOW!r} published as version {version}")
    answer = await client.call("POST", "/executions", {"workflowId": workflow_id, "inputs": inputs})
    path = f"/executions/{answer['execution']['id']}"
    execution = await client.follow(path, RUN_SECONDS, lambda status: console.progress(f"execution {status}"))
    return Evidence(execution, await client.items(f"{path}/nodes"), await client.items(f"{path}/logs"))


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
