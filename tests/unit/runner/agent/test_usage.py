import os
import subprocess
import sys

from runner.agent.usage import Meter, SharedMeter, Totals, own_totals


def test_a_sample_counts_the_whole_tree() -> None:
    meter = Meter()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        meter.sample(os.getpid())
        alone = meter.usage(None).memory_peak
        child.communicate(b"\n")
    smaller = Meter()
    smaller.sample(os.getpid())
    assert alone > smaller.usage(None).memory_peak > 1_000_000


def test_the_process_own_word_gives_the_average_and_raises_the_peak() -> None:
    meter = Meter()
    usage = meter.usage(Totals(cpu_seconds=1_000.0, memory_peak=5_000))
    assert usage.memory_avg == usage.memory_peak == 5_000
    assert usage.cpu_peak == usage.cpu_avg > 1_000


def test_a_tree_that_is_gone_is_no_error() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        pid = child.pid
    meter = Meter()
    meter.sample(pid)
    assert meter.usage(None).memory_peak == 0


def test_shared_figures_are_those_of_the_process() -> None:
    meter = SharedMeter()
    sum(range(200_000))
    usage = meter.usage()
    assert usage.cpu_avg > 0
    assert usage.memory_peak == own_totals().memory_peak
