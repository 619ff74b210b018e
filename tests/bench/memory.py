"""Memory and CPU of the whole Hub: proportional set size, so shared pages count once."""

import time
from collections.abc import Iterable

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


def idle_figures(pids: Iterable[int], seconds: float) -> dict[str, float]:
    """Sum of PSS in MiB, and percent of one core used over `seconds` by all processes together."""
    processes = tree(pids)
    before = sum(_cpu_seconds(process) for process in processes)
    began = time.perf_counter()
    time.sleep(seconds)  # the measured interval itself
    used = sum(_cpu_seconds(process) for process in processes) - before
    pss = sum(process.memory_full_info().pss for process in processes) / MEBIBYTE
    return {"pss_mib": pss, "cpu_percent": 100 * used / (time.perf_counter() - began), "processes": len(processes)}


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system
