"""Reads iCalendar documents in a process of its own: a hostile one costs a few seconds of it and nothing else.

`python -m services.scheduler.calendars.sandbox ZONE FIRST LAST` takes the document on its standard input and writes
JSON: `{"days": {…}, "events": n, "notes": […]}` or `{"error": "…"}`.
"""

import asyncio
import contextlib
import json
import os
import sys
from datetime import date
from zoneinfo import ZoneInfo

from services.scheduler.calendars.ics import IcsDays, IcsError, read_days

CPU_SECONDS = 10
MEMORY_BYTES = 512 * 1024 * 1024
WALL_SECONDS = 20.0
TOO_LONG = "Working out the events takes too long. Export fewer of them, or with simpler recurrences."
KEPT_VARIABLES = ("PATH", "SYSTEMROOT", "PYTHONTZPATH", "PYTHONPATH")
"""The process sees no secret of its parent."""


async def read_in_sandbox(document: bytes, timezone: str, first: date, last: date) -> IcsDays:
    """As `ics.read_days`, within limits of time and memory. Raises IcsError."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __name__,
        timezone,
        first.isoformat(),
        last.isoformat(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ},
    )
    try:
        async with asyncio.timeout(WALL_SECONDS):
            output, _ = await process.communicate(document)
    except TimeoutError:
        raise IcsError(TOO_LONG) from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode != 0:
        raise IcsError(TOO_LONG)
    answer = json.loads(output)
    if "error" in answer:
        raise IcsError(answer["error"])
    days = {date.fromisoformat(day): title for day, title in answer["days"].items()}
    return IcsDays(days, answer["events"], tuple(answer["notes"]))


def main(timezone: str, first: str, last: str) -> None:
    """The process itself."""
    _limit()
    document = sys.stdin.buffer.read()
    try:
        found = read_days(document, ZoneInfo(timezone), date.fromisoformat(first), date.fromisoformat(last))
        days = {day.isoformat(): title for day, title in found.days.items()}
        answer = {"days": days, "events": found.events, "notes": list(found.notes)}
    except (MemoryError, RecursionError):
        answer = {"error": TOO_LONG}
    except IcsError as error:
        answer = {"error": str(error)}
    json.dump(answer, sys.stdout)


def _limit() -> None:
    """Windows has no such limits; there the parent's deadline alone ends it."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - not on Windows

        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        if sys.platform == "linux":
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main(*sys.argv[1:])
