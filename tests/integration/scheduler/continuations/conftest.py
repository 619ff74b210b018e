"""The scheduler of the executions' tests, with the services of continuations beside it."""

import json
from typing import Any

import pytest

from exekra.scheduler.v1 import attempt_pb2
from services.scheduler.compose import make_approvals
from services.scheduler.continuations.approvals import Approvals
from services.scheduler.continuations.fetching import Fetching
from services.scheduler.evidence.artifacts import Artifacts
from services.scheduler.evidence.files import ArtifactFiles
from tests.integration.scheduler.executions.conftest import Scheduler, scheduler, start_scheduler
from tests.integration.scheduler.executions.scripted_registry import ScriptedRunner, answer_name, finish_record

__all__ = ["scheduler", "start_scheduler"]


@pytest.fixture
def approvals(scheduler: Scheduler) -> Approvals:
    return make_approvals(scheduler.core)


@pytest.fixture
def fetching(scheduler: Scheduler) -> Fetching:
    files = ArtifactFiles(scheduler.settings.home / "artifacts")
    return Fetching(scheduler.core.pool, Artifacts(scheduler.core.pool, files, 2**30))


def approval(node_id: str = "ask", **config: Any) -> attempt_pb2.Wait:
    request = json.dumps({"title": "Pay?", "timeoutSeconds": 3600, **config}).encode()
    return attempt_pb2.Wait(node_id=node_id, kind=attempt_pb2.WAIT_KIND_APPROVAL, request_json=request)


def delay(node_id: str = "nap", seconds: float = 600.0) -> attempt_pb2.Wait:
    request = json.dumps({"seconds": seconds}).encode()
    return attempt_pb2.Wait(node_id=node_id, kind=attempt_pb2.WAIT_KIND_DELAY, seconds=seconds, request_json=request)


def event(seq: int, node_id: str, status: int, **more: Any) -> attempt_pb2.NodeEvent:
    return attempt_pb2.NodeEvent(
        seq=seq, node_run_seq=seq, node_id=node_id, node_type="x", path_json=b"[]", try_number=1, status=status, **more
    )


START = event(1, "start", attempt_pb2.NODE_RUN_STATUS_COMPLETED, port="out", output_json=b'{"a":1.0}')


async def suspend(
    runner: ScriptedRunner, offer: attempt_pb2.Offer, *waits: attempt_pb2.Wait, variables: bytes = b'{"v":1}'
) -> str:
    """Finishes an attempt as suspended, with the run of its start."""
    record = finish_record(offer, attempt_pb2.OUTCOME_SUSPENDED, output=b"")
    record.suspension.CopyFrom(attempt_pb2.Suspension(waits=waits, variables_json=variables))
    record.remaining_node_events.append(START)
    record.node_events = 1
    reply = await runner._call(finish=record)
    runner.registry.offers.setdefault(runner.id, []).extend(reply.offers)
    return answer_name(reply)
