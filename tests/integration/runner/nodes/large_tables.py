"""Run as a program in a folder of its own: a large table to CSV and Excel and back; prints the peak of its memory."""

import asyncio
import json
import resource
import sys
from pathlib import Path

from tests.unit.runner.nodes.harness import Workplace

ROWS = 100_000


async def main() -> None:
    place = Workplace(Path(sys.argv[1]))
    rows = [{"id": n, "name": f"customer {n % 1000}", "amount": n / 7, "open": n % 2 == 0} for n in range(ROWS)]
    before = peak()
    await place.run("csv.write", path="a.csv", rows=rows)
    found = await place.run("csv.read", path="a.csv", detectNumbers=True, types={"open": "boolean"})
    assert found["rows"] == rows
    await place.run("excel.write", path="a.xlsx", sheets=[{"name": "S", "rows": rows}])
    found = await place.run("excel.read", path="a.xlsx")
    assert found["count"] == ROWS
    assert found["rows"][-1]["id"] == ROWS - 1
    print(json.dumps({"before": before, "peak": peak()}))  # noqa: T201 - the answer to the test


def peak() -> int:
    """Bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


asyncio.run(main())
