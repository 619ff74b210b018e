"""The Hub away for long, and a disk that fills up: nothing is lost or said twice, and nothing grows without bound."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exekra.scheduler.v1 import attempt_pb2 as apb
from tests.eventually import eventually
from tests.integration.runner.agent import graphs
from tests.integration.runner.agent.hub import ScriptedHub
from tests.integration.runner.agent.processes import LocalAgent

SECONDS = 60.0
TURNS = 400
"""More than the pipe of a process holds."""
LINE = "x" * 1_000


def talkative(isolated: bool, turns: int = TURNS) -> dict[str, Any]:
    """A loop that says a kilobyte a turn; with a node that needs a process of its own, in such a process."""
    say = graphs.say(LINE + " {{ item }}")
    before = [graphs.write_file("a.txt", "x")] if isolated else []
    body = {"nodes": [say, graphs.delay(0.002)], "edges": [{"id": "b", "from": "say", "port": "out", "to": "wait"}]}
    loop = {"id": "loop", "type": "control.forEach", "config": {"items": list(range(turns))}, "body": body}
    return graphs.chain(*before, loop)


def said(attempt: Any) -> list[int]:
    lines = [attempt.log_lines[seq].message for seq in sorted(attempt.log_lines)]
    return [int(line.rpartition(" ")[2]) for line in lines]


@pytest.mark.parametrize("isolated", [False, True], ids=["inside the agent", "in a process"])
async def test_an_execution_without_the_hub_waits_at_the_bound_and_everything_arrives_once_and_in_order(
    hub: ScriptedHub, local: LocalAgent, isolated: bool
) -> None:
    bound = 20_000
    await local.start(unsent_bytes=bound)
    attempt = await hub.offer(talkative(isolated), lease_seconds=3_600.0)
    await hub.until(lambda: attempt.log_lines, SECONDS)
    await hub.stop()
    await eventually(lambda: local.desk.state()["unsentBytes"] >= bound, SECONDS)
    reached = local.desk.state()["unsentBytes"]
    # Time enough for several times the bound, were there none; what a node had begun to say is said.
    await asyncio.sleep(1)
    assert local.desk.state()["unsentBytes"] <= reached + bound
    assert [each["workflow"] for each in local.desk.state()["running"]] == ["Workflow"]
    await hub.start(int(hub.address.rpartition(":")[2]))
    record = await hub.finished(attempt, SECONDS)
    assert record.outcome == apb.OUTCOME_OK
    assert said(attempt) == list(range(TURNS))
    assert attempt.dense() == (record.node_events, record.log_lines)
    assert len(attempt.finishes) == 1


async def test_an_execution_that_waits_for_room_is_stopped_all_the_same(hub: ScriptedHub, local: LocalAgent) -> None:
    await local.start(unsent_bytes=5_000, stop_seconds=20)
    attempt = await hub.offer(talkative(isolated=True, turns=100_000), lease_seconds=3_600.0)
    await hub.until(lambda: attempt.log_lines, SECONDS)
    await hub.stop()
    await eventually(lambda: local.desk.state()["unsentBytes"] >= 5_000, SECONDS)
    local.desk.stop()
    await eventually(lambda: local.desk.state()["untold"] == 1, SECONDS)
    await hub.start(int(hub.address.rpartition(":")[2]))
    record = await hub.finished(attempt, SECONDS)
    assert (record.outcome, record.stopped_by) == (apb.OUTCOME_STOPPED, "the runner's owner")
    assert attempt.dense() == (record.node_events, record.log_lines)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root may mount a file system")
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


async def test_a_full_disk_refuses_new_work_and_work_in_hand_ends_with_its_result(
    small_disk: Path, hub: ScriptedHub, local: LocalAgent
) -> None:
    hub.slots = 2
    local.home = small_disk / "home"
    await local.start(disk_patience_seconds=0.5, min_free_bytes=1)
    attempt = await hub.offer(talkative(isolated=False, turns=100_000))
    await hub.until(lambda: attempt.log_lines, SECONDS)
    fill(small_disk / "filler")
    await hub.until(lambda: not hub.polled, SECONDS)
    assert local.desk.state()["diskFull"]
    record = await hub.finished(attempt, SECONDS)
    assert (record.outcome, record.failure.code) == (apb.OUTCOME_FAILED, "RUNNER_DISK_FULL")
    assert attempt.dense() == (record.node_events, record.log_lines)

    (small_disk / "filler").unlink()
    await hub.until(lambda: hub.polled, SECONDS)
    assert (await hub.finished(await hub.offer(graphs.short()), SECONDS)).outcome == apb.OUTCOME_OK


async def test_a_short_disk_that_has_room_again_in_time_ends_nothing(
    small_disk: Path, hub: ScriptedHub, local: LocalAgent
) -> None:
    local.home = small_disk / "home"
    await local.start(disk_patience_seconds=3_600, min_free_bytes=1)
    attempt = await hub.offer(talkative(isolated=False, turns=800))
    await hub.until(lambda: attempt.log_lines, SECONDS)
    fill(small_disk / "filler")
    await hub.until(lambda: not hub.polled, SECONDS)
    (small_disk / "filler").unlink()
    record = await hub.finished(attempt, SECONDS)
    assert record.outcome == apb.OUTCOME_OK
    assert attempt.dense() == (record.node_events, record.log_lines)


def fill(path: Path) -> None:
    """Take all space that is left."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(min(64 * 1024, max(1, shutil.disk_usage(path.parent).free))))
        except OSError:
            pass
