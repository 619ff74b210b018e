"""A clock that counts the time a machine sleeps and is the same for all its processes.

A lease must run out on a closed laptop as well; `time.monotonic` stands still there on Linux and macOS.
"""

import sys
import time

if sys.platform == "linux":

    def boottime() -> float:
        """Seconds since the machine booted, sleep included."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

elif sys.platform == "darwin":

    def boottime() -> float:
        """Seconds since the machine booted, sleep included (CLOCK_MONOTONIC counts sleep on macOS)."""
        return time.clock_gettime(time.CLOCK_MONOTONIC)

else:

    def boottime() -> float:
        """Seconds since the machine booted, sleep included (QueryPerformanceCounter and the tick count go on)."""
        return time.monotonic()
