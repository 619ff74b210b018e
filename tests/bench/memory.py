"""Memory and CPU of the whole Hub: proportional set size, so shared pages count once."""

import time
from collections.abc import Iterable
from contextlib import suppress

import psutil

MEBIBYTE = 1024 * 1024


def tree(pids: Iterable[int]) -> list[psutil.Process]:
    """The processes and all their descendants, each once."""
    found = {}
    for pid in pids:
        process = psutil.Process(pid)
        for member in (process, *process.children(recursive=True)):
            found[member.pid] = member
    return list(found.values())


class CpuMeter:
    """CPU time that processes use from now on. One that ends meanwhile, such as a worker of Postgres, is left out."""

    def __init__(self, processes: Iterable[psutil.Process]) -> None:
        self._before = {}
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                self._before[process] = _cpu_seconds(process)

    def used_seconds(self) -> float:
        """Of all of them together."""
        used = 0.0
        for process, before in self._before.items():
            with suppress(psutil.NoSuchProcess):
                used += _cpu_seconds(process) - before
        return used


def idle_figures(pids: Iterable[int], seconds: float) -> dict[str, float]:
    """Sum of PSS in MiB, and percent of one core used over `seconds` by all processes together."""
    processes = tree(pids)
    meter = CpuMeter(processes)
    began = time.perf_counter()
    time.sleep(seconds)  # the measured interval itself
    used = meter.used_seconds()
    pss = sum(process.memory_full_info().pss for process in processes) / MEBIBYTE
    return {"pss_mib": pss, "cpu_percent": 100 * used / (time.perf_counter() - began), "processes": len(processes)}


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system
