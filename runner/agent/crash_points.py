"""Named points at which tests let the agent die as if it had been killed, one between every two steps."""

import os
import signal
from typing import Literal

CrashPoint = Literal[
    "received", "accepted", "acknowledged", "begun", "running", "ended", "finished", "told", "delivered"
]


class CrashPoints:
    """Does nothing unless a point is set."""

    def __init__(self, point: str | None) -> None:
        self._point = point

    def reach(self, point: CrashPoint) -> None:
        """Die here when this is the chosen point."""
        if point == self._point:
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
