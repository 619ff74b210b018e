"""A diary for tests: when each execution really began and ended here, so that a script can prove that none overlap.

Invisible to the Hub on purpose: it shows a double execution that no query could.
"""

import json
import os
import time
from pathlib import Path
from typing import Literal

from runner.agent.clock import boottime


class Intervals:
    """Appends synced lines to one file that several agents may share."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, event: Literal["begin", "step", "end"], execution_id: str, attempt_id: str) -> None:
        """Write `{event, executionId, attemptId, pid, boottime, at}`."""
        document = {
            "event": event,
            "executionId": execution_id,
            "attemptId": attempt_id,
            "pid": os.getpid(),
            "boottime": boottime(),
            "at": time.time(),
        }
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, json.dumps(document).encode() + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
