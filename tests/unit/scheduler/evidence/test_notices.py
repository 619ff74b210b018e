"""What of a reported node run is believed to be a notice."""

import json
from datetime import UTC, datetime

import pytest

from services.scheduler.evidence.model import NodeEvent, NodeRunStatus
from services.scheduler.evidence.notices import MESSAGE_CHARACTERS, TITLE_CHARACTERS, notices_in

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def event(output: bytes, status: NodeRunStatus = NodeRunStatus.COMPLETED, node_type: str = "log.notify") -> NodeEvent:
    return NodeEvent(1, 1, "n1", node_type, b"[]", 1, status, AT, output=output)


def test_a_completed_notification_is_told_with_its_node_and_time() -> None:
    [notice] = notices_in("e1", [event(b'{"title": "Look", "message": "here", "level": "warning", "more": 1}')])
    assert notice.execution_id == "e1"
    assert json.loads(notice.document) == {
        "title": "Look",
        "message": "here",
        "level": "warning",
        "nodeId": "n1",
        "at": "2026-03-01T12:00:00Z",
    }


@pytest.mark.parametrize("output", [b"", b"{", b"[]", b"null", b'{"message": "x"}', b'{"title": 1}', b"\xff"])
def test_an_output_of_another_shape_is_no_notice(output: bytes) -> None:
    assert notices_in("e1", [event(output)]) == []


def test_neither_other_nodes_nor_runs_that_did_not_complete_tell_anything() -> None:
    said = b'{"title": "Look"}'
    others = [
        event(said, node_type="log.message"),
        event(said, NodeRunStatus.RUNNING),
        event(said, NodeRunStatus.REUSED),
        event(said, NodeRunStatus.FAILED),
    ]
    assert notices_in("e1", others) == []


def test_what_a_runner_sends_is_cut_and_made_storable() -> None:
    said = {"title": "a\0\ud800" + "b" * 1_000, "message": "c" * 100_000, "level": "fatal"}
    [notice] = notices_in("e1", [event(json.dumps(said).encode())])
    document = json.loads(notice.document)
    assert document["title"].startswith("a?b")
    assert (len(document["title"]), len(document["message"])) == (TITLE_CHARACTERS, MESSAGE_CHARACTERS)
    assert document["level"] == "info"
