"""Waiting until a file has arrived: it is there, and nobody writes to it any more."""

import asyncio
import stat
import time
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure, NodeType, Result
from runner.nodes.folders import describe_file, matching
from runner.nodes.paths import is_text, resolve_path
from runner.workflow.documents import Json

Resting = dict[Path, tuple[tuple[int, int], float]]
"""File → its size and time of change (ns), and since when it looks so (monotonic seconds)."""


class WaitForFileConfig(NodeConfig):
    """Config of files.waitFor."""

    folder: str = Field(".", title="Folder", description="The folder to watch; it may come into being later.")
    pattern: str = Field(min_length=1, title="Pattern", description="Name or pattern of the file, for instance *.pdf.")
    timeout_seconds: float = Field(300, gt=0, le=86_400, title="Wait at most", description="Seconds; then it fails.")
    stable_seconds: float = Field(
        2,
        ge=0,
        le=3600,
        title="Unchanged for",
        description="Seconds without a change of size: it is written to its end.",
    )
    poll_seconds: float = Field(1, ge=0.05, le=60, title="Look every", description="Seconds between two looks.")


class WaitForFile(NodeType[WaitForFileConfig]):
    """files.waitFor: output `{path, name, size, modifiedAt, folder}` of the oldest file that matches and rests."""

    type = "files.waitFor"
    title = "Wait for file"
    help = "Waits until a file that matches is there and is no longer being written."
    icon = "hourglass"
    config = WaitForFileConfig
    example: ClassVar[dict[str, Any]] = {"folder": "inbox", "pattern": "*.pdf", "timeoutSeconds": 600}
    repeatable = True

    async def run(self, config: WaitForFileConfig, context: NodeContext) -> Result:
        """Poll: watching by the system misses network drives. Raises NodeFailure FILE_WAIT_TIMEOUT (retryable)."""
        folder = resolve_path(context, config.folder)
        deadline = time.monotonic() + config.timeout_seconds
        resting: Resting = {}
        while True:
            found = await asyncio.to_thread(oldest_resting, folder, config, resting, time.monotonic())
            if found is not None:
                return Result(found)
            left = deadline - time.monotonic()
            if left <= 0:
                raise NodeFailure(
                    "FILE_WAIT_TIMEOUT",
                    f"No file {config.pattern} came to rest in {folder} within {config.timeout_seconds:g} s.",
                    retryable=True,
                    details={"folder": str(folder), "pattern": config.pattern},
                )
            await asyncio.sleep(min(config.poll_seconds, left))


def oldest_resting(folder: Path, config: WaitForFileConfig, resting: Resting, now: float) -> dict[str, Json] | None:
    """The oldest matching file that has not changed for long enough, as outputs describe it.

    `resting` keeps from look to look since when each file looks as it does.
    """
    ready: list[tuple[float, dict[str, Json]]] = []
    for path in matching(folder, config.pattern):
        try:
            status = path.stat()
        except FileNotFoundError:  # gone between the listing and the look
            continue
        looks = (status.st_size, status.st_mtime_ns)
        if path not in resting or resting[path][0] != looks:
            resting[path] = (looks, now)
        rests = now - resting[path][1] >= config.stable_seconds
        if rests and stat.S_ISREG(status.st_mode) and is_text(path):
            ready.append((status.st_mtime, describe_file(path, status)))
    return min(ready, key=lambda entry: entry[0])[1] if ready else None


NODES = (WaitForFile,)
