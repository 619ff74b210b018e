import asyncio
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.agent.clock import boottime
from runner.agent.model import StoredFile, dump_json
from runner.agent.recorder import LeaseOverError, Recorder, uuid7
from runner.agent.work import RunOrder
from runner.engine.events import LogLine, NodeEvent, NodeStatus
from runner.nodes.base import NodeFailure


class Kept:
    """An outlet that keeps everything."""

    def __init__(self) -> None:
        self.events: list[dict[str, object]] = []
        self.lines: list[bytes] = []
        self.files: list[StoredFile] = []
        self.free = asyncio.Event()
        """Clear while nothing more is taken."""
        self.free.set()

    def node_event(self, item: bytes) -> None:
        self.events.append(json.loads(item))

    def log_line(self, item: bytes) -> None:
        self.lines.append(item)

    def artifact(self, file: StoredFile) -> None:
        self.files.append(file)

    @property
    def has_room(self) -> bool:
        return self.free.is_set()

    async def room(self) -> None:
        await self.free.wait()


def order(folder: Path, *, lease_until: float = float("inf"), intervals: Path | None = None) -> RunOrder:
    where = str(folder)
    return RunOrder(
        execution_id="e",
        attempt_id="a",
        run_attempt=1,
        graph_path=where,
        workflow_id="w",
        draft=False,
        inputs="{}",
        context="{}",
        timeout_seconds=0,
        files_dir=where,
        lease_until=lease_until,
        intervals_file=intervals and str(intervals),
    )


def event(seq: int, node_id: str, status: NodeStatus, index: int = 0, try_number: int = 1) -> NodeEvent:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return NodeEvent(seq, node_id, "data.set", (("loop", index),), try_number, status, at)


def test_events_of_one_try_share_a_number_and_each_turn_and_each_further_try_is_a_run(tmp_path: Path) -> None:
    kept = Kept()
    recorder = Recorder(order(tmp_path), kept)
    for each in (
        event(1, "a", "running", 0),
        event(2, "b", "running", 0),
        event(3, "a", "retried", 0),
        event(4, "a", "running", 0, try_number=2),
        event(5, "a", "completed", 0, try_number=2),
        event(6, "a", "running", 1),
        event(7, "b", "completed", 0),
        event(8, "c", "skipped", 0),
    ):
        recorder.node_event(each)
    assert [each["run"] for each in kept.events] == [1, 2, 1, 3, 3, 4, 2, 5]


def test_the_input_stands_in_running_alone_and_the_output_in_completed(tmp_path: Path) -> None:
    kept = Kept()
    recorder = Recorder(order(tmp_path), kept)
    for number, status in enumerate(("running", "completed", "failed", "skipped"), start=1):
        recorder.node_event(event(number, "a", cast("NodeStatus", status)))
    assert [("input" in each, "output" in each) for each in kept.events] == [
        (True, False),
        (False, True),
        (False, False),
        (False, False),
    ]


async def test_no_node_begins_after_the_lease(tmp_path: Path) -> None:
    recorder = Recorder(order(tmp_path, lease_until=boottime() - 0.001), Kept())
    with pytest.raises(LeaseOverError):
        await recorder.before_node()
    recorder.lease_until = boottime() + 60
    await recorder.before_node()


async def test_a_node_waits_until_what_was_told_is_taken(tmp_path: Path) -> None:
    kept = Kept()
    recorder = Recorder(order(tmp_path), kept)
    kept.free.clear()
    waiting = asyncio.ensure_future(recorder.before_node())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    kept.free.set()
    async with asyncio.timeout(20):
        await waiting


async def test_a_lease_that_ends_while_a_node_waits_for_room_is_noticed(tmp_path: Path) -> None:
    kept = Kept()
    kept.free.clear()
    recorder = Recorder(order(tmp_path, lease_until=boottime() + 0.05), kept)
    async with asyncio.timeout(20):
        with pytest.raises(LeaseOverError):
            await recorder.before_node()


async def test_an_execution_that_is_to_end_waits_for_no_room(tmp_path: Path) -> None:
    kept = Kept()
    kept.free.clear()
    recorder = Recorder(order(tmp_path), kept)
    waiting = asyncio.ensure_future(recorder.before_node())
    await asyncio.sleep(0)
    recorder.hurry()
    async with asyncio.timeout(20):
        await waiting
        await recorder.before_node()


async def test_an_attached_file_is_copied_as_it_is_now(tmp_path: Path) -> None:
    kept = Kept()
    source = tmp_path / "report.txt"
    source.write_text("first")
    artifact = await Recorder(order(tmp_path), kept).attach("keep", source, "report.txt", "text/plain")
    source.write_text("changed later")
    [file] = kept.files
    assert Path(file.path).read_text() == "first"  # noqa: ASYNC240 - a test
    assert file.id == artifact.id
    assert artifact.sha256 == file.sha256 == hashlib.sha256(b"first").hexdigest()
    assert artifact.size == 5
    assert file.node_id == "keep"


async def test_a_file_that_is_not_there_is_the_nodes_failure(tmp_path: Path) -> None:
    with pytest.raises(NodeFailure, match="cannot be attached"):
        await Recorder(order(tmp_path), Kept()).attach("keep", tmp_path / "missing", "x", "text/plain")


async def test_intervals_show_begin_every_step_and_end(tmp_path: Path) -> None:
    path = tmp_path / "intervals"
    recorder = Recorder(order(tmp_path, intervals=path), Kept())
    recorder.begin()
    await recorder.before_node()
    recorder.end()
    notes = [json.loads(line) for line in path.read_text().splitlines()]
    assert [note["event"] for note in notes] == ["begin", "step", "end"]
    assert [note["boottime"] for note in notes] == sorted(note["boottime"] for note in notes)


def test_ids_of_artifacts_are_uuid7(tmp_path: Path) -> None:
    made = [uuid7() for _ in range(100)]
    assert {identifier.version for identifier in made} == {7}
    assert len(set(made)) == 100


@given(st.text(), st.none() | st.text(), st.datetimes(timezones=st.just(UTC)))
def test_a_line_is_written_as_json_whatever_it_says(message: str, node_id: str | None, at: datetime) -> None:
    outlet = Kept()
    Recorder(order(Path()), outlet).log(LogLine(at, "warning", node_id, message))
    line = json.loads(outlet.lines[0])
    assert line == {"at": at.timestamp(), "level": "warning", "nodeId": node_id, "message": message}
    assert outlet.lines[0] == dump_json(line)
