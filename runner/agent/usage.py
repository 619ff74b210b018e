"""CPU and memory of an execution: average and peak over its process tree.

A process of its own is sampled from the agent and says at its end what it took in all. What runs inside the agent can
only be given the agent's own figures of that time.
"""

import sys
import time
from contextlib import suppress
from dataclasses import dataclass

import psutil

from runner.agent.model import Usage

if sys.platform != "win32":
    import resource


@dataclass(frozen=True, slots=True)
class Totals:
    """What a process and its ended children took since their start: CPU seconds, and the most memory in bytes."""

    cpu_seconds: float
    memory_peak: int


def own_totals() -> Totals:
    """The totals of the calling process."""
    if sys.platform == "win32":
        process = psutil.Process()
        times = process.cpu_times()
        return Totals(times.user + times.system, process.memory_info().peak_wset)
    unit = 1 if sys.platform == "darwin" else 1024
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
    return Totals(cpu, max(own.ru_maxrss, children.ru_maxrss) * unit)


class Meter:
    """Gathers samples of one execution and makes its usage of them."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._memory: list[int] = []
        self._cpu_peak = 0.0
        self._cpu_by_pid: dict[int, float] = {}
        self._sampled = self._started

    def sample(self, pid: int) -> None:
        """Measure the tree under `pid`; a process that ends meanwhile is left out. Blocks for some milliseconds."""
        seconds, memory = {}, 0
        with suppress(psutil.NoSuchProcess):
            root = psutil.Process(pid)
            for process in (root, *root.children(recursive=True)):
                with suppress(psutil.Error):
                    times = process.cpu_times()
                    seconds[process.pid] = times.user + times.system
                    memory += process.memory_info().rss
        now = time.monotonic()
        if memory:
            self._memory.append(memory)
        if now > self._sampled and self._cpu_by_pid:
            spent = sum(used - self._cpu_by_pid.get(pid, 0.0) for pid, used in seconds.items())
            self._cpu_peak = max(self._cpu_peak, 100 * spent / (now - self._sampled))
        self._cpu_by_pid, self._sampled = seconds, now

    def usage(self, totals: Totals | None) -> Usage:
        """The figures at the end; `totals` is the process's own word, None when it could not say it."""
        elapsed = max(time.monotonic() - self._started, 1e-3)
        cpu_seconds = sum(self._cpu_by_pid.values()) if totals is None else totals.cpu_seconds
        memory_peak = max(self._memory, default=0)
        if totals is not None:
            memory_peak = max(memory_peak, totals.memory_peak)
        memory_avg = sum(self._memory) // len(self._memory) if self._memory else memory_peak
        cpu_avg = 100 * cpu_seconds / elapsed
        return Usage(cpu_avg, max(self._cpu_peak, cpu_avg), memory_avg, memory_peak)


class SharedMeter:
    """The calling process's own figures while an execution ran inside it, beside others perhaps."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._cpu = time.process_time()

    def usage(self) -> Usage:
        """CPU of the whole process over this time; memory is the process's highest so far."""
        elapsed = max(time.monotonic() - self._started, 1e-3)
        cpu = 100 * (time.process_time() - self._cpu) / elapsed
        memory = own_totals().memory_peak
        return Usage(cpu, cpu, memory, memory)
