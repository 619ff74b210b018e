"""`make bench`: the floor and the whole spine on one Hub in a temporary folder; a table, and JSON.

`python -m tests.bench webhooks` measures one of the other suites beside the same floor.
"""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.engine import measure_engine
from tests.bench.executions_page import measure_executions_page
from tests.bench.floor import measure_floor
from tests.bench.logs import ENVIRONMENT as LOGS_ENVIRONMENT
from tests.bench.logs import measure_logs
from tests.bench.memory import idle_figures
from tests.bench.schedules import measure_growth, measure_schedules
from tests.bench.spine import measure_latency, measure_throughput
from tests.bench.studio import measure_studio
from tests.bench.webhooks import ENVIRONMENT as WEBHOOK_ENVIRONMENT
from tests.bench.webhooks import measure_webhooks
from tests.hub import HubUnderTest, hub_under_test

SLOTS = 20
IDLE_SECONDS = 10.0
SETTLE_SECONDS = 3.0
RESULTS = Path("bench-results")
REQUESTS = "1000000"
"""Calls a key may make: the Hub is measured, not its limiter."""


Figures = dict[str, dict[str, float]]


async def measure_spine(hub: HubUnderTest) -> Figures:
    """What `make bench` measures."""
    await asyncio.sleep(SETTLE_SECONDS)  # start-up is over: idle is what is measured next
    pids = hub.running.supervisor.processes()
    without_runner = [pid for name, pid in pids.items() if name != "runner"]
    figures = {"idle": await asyncio.to_thread(idle_figures, without_runner, IDLE_SECONDS)}
    figures["warm-up"] = await measure_throughput(hub)
    figures["throughput"] = await measure_throughput(hub)
    figures["latency"] = await measure_latency(hub)
    return figures


SUITES: Mapping[str, Callable[[HubUnderTest], Awaitable[Figures]]] = {
    "spine": measure_spine,
    "executions-page": measure_executions_page,
    "logs": measure_logs,
    "studio": measure_studio,
    "webhooks": measure_webhooks,
    "schedules": measure_schedules,
    "schedules-growth": measure_growth,
}


WITHOUT_HUB: Mapping[str, Callable[[], Awaitable[Figures]]] = {"engine": measure_engine}


async def measure(suite: str) -> Figures:
    """Every figure of a suite, by group, and the floor's."""
    if suite in WITHOUT_HUB:
        return await WITHOUT_HUB[suite]()
    with tempfile.TemporaryDirectory(prefix="exekra-bench-") as folder:
        async with hub_under_test(Path(folder), slots=SLOTS) as hub:
            figures = await SUITES[suite](hub)
            figures["floor"] = await measure_floor(hub.admin_dsn)
            claims = figures["floor"]["claims_per_second"]
            figures["ratio"] = {
                f"floor_over_{group}": claims / values["executions_per_second"]
                for group, values in figures.items()
                if "executions_per_second" in values
            }
            return figures


def main() -> None:
    """Measures, prints, writes."""
    suite = sys.argv[1] if len(sys.argv) > 1 else "spine"
    if suite not in {**SUITES, **WITHOUT_HUB}:
        sys.exit(f"There is no suite {suite!r}; there are: {', '.join([*SUITES, *WITHOUT_HUB])}.")
    for variable, setting in {
        "EXEKRA_RATE_API_KEY": REQUESTS,
        "EXEKRA_RATE_SESSION": REQUESTS,
        **LOGS_ENVIRONMENT,
        **WEBHOOK_ENVIRONMENT,
    }.items():
        os.environ.setdefault(variable, setting)
    figures = asyncio.run(measure(suite))
    table = Table("group", "figure", "value", title=f"{os.cpu_count()} cores, {SLOTS} slots")
    for group, values in figures.items():
        for name, value in values.items():
            table.add_row(group, name, f"{value:,.2f}")
    Console().print(table)
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}{'' if suite == 'spine' else f'-{suite}'}.json"
    path.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
