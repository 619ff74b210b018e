"""`make bench`: the floor and the whole spine on one Hub in a temporary folder; a table, and JSON."""

import asyncio
import json
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.floor import measure_floor
from tests.bench.memory import idle_figures
from tests.bench.spine import measure_latency, measure_throughput
from tests.hub import hub_under_test

SLOTS = 20
IDLE_SECONDS = 10.0
SETTLE_SECONDS = 3.0
RESULTS = Path("bench-results")
REQUESTS = "1000000"
"""Calls a key may make: the Hub is measured, not its limiter."""


async def measure() -> dict[str, dict[str, float]]:
    """Every figure, by group."""
    with tempfile.TemporaryDirectory(prefix="exekra-bench-") as folder:
        async with hub_under_test(Path(folder), slots=SLOTS) as hub:
            await asyncio.sleep(SETTLE_SECONDS)  # start-up is over: idle is what is measured next
            pids = hub.running.supervisor.processes()
            without_runner = [pid for name, pid in pids.items() if name != "runner"]
            figures = {"idle": await asyncio.to_thread(idle_figures, without_runner, IDLE_SECONDS)}
            figures["warm-up"] = await measure_throughput(hub)
            figures["floor"] = await measure_floor(hub.admin_dsn)
            figures["throughput"] = await measure_throughput(hub)
            figures["latency"] = await measure_latency(hub)
            figures["ratio"] = {
                "floor_over_spine": figures["floor"]["claims_per_second"]
                / figures["throughput"]["executions_per_second"]
            }
            return figures


def main() -> None:
    """Measures, prints, writes."""
    os.environ.setdefault("EXEKRA_RATE_API_KEY", REQUESTS)
    figures = asyncio.run(measure())
    table = Table("group", "figure", "value", title=f"{os.cpu_count()} cores, {SLOTS} slots")
    for group, values in figures.items():
        for name, value in values.items():
            table.add_row(group, name, f"{value:,.2f}")
    Console().print(table)
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    path.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
