"""What EvidenceService tells of node runs and lines, over real gRPC on a real Postgres."""

from typing import TYPE_CHECKING

import pytest

from exekra.scheduler.v1 import attempt_pb2
from exekra.scheduler.v1 import evidence_service_pb2 as pb
from services.kit.errors import DomainError
from services.kit.ids import new_id
from services.kit.rpc_client import call
from tests.integration.scheduler.evidence.attempts import begin
from tests.integration.scheduler.evidence.conftest import Services, ask
from tests.integration.scheduler.evidence.test_ingest import events, lines, report, store

if TYPE_CHECKING:
    from services.kit.postgres import Pool


async def test_node_runs_and_lines_come_in_pages(services: Services, pool: "Pool") -> None:
    begun = await begin(pool)
    await store(pool, report(begun, node_events=events(range(1, 13)), log_lines=lines(range(1, 8))))
    seen: list[int] = []
    cursor = ""
    while True:
        page = await call(
            services.evidence.ListNodeRuns,
            pb.ListNodeRunsRequest(execution_id=begun.execution_id, limit=4, cursor=cursor),
            caller="gateway",
        )
        seen += [run.seq for run in page.items]
        cursor = page.next_cursor
        if not cursor:
            break
    assert seen == [1, 2, 3, 4, 5, 6]
    assert page.items[0].status == attempt_pb2.NODE_RUN_STATUS_COMPLETED
    assert page.items[0].attempt == 1
    request = pb.ListLogLinesRequest(execution_id=begun.execution_id, after=2, limit=3)
    lines_page = await call(services.evidence.ListLogLines, request, caller="gateway")
    assert [line.seq for line in lines_page.items] == [3, 4, 5]
    request = pb.ListLogLinesRequest(execution_id=begun.execution_id, after=2, cursor=lines_page.next_cursor)
    lines_page = await call(services.evidence.ListLogLines, request, caller="gateway")
    assert [line.seq for line in lines_page.items] == [6, 7]
    assert lines_page.next_cursor == ""


async def test_unknown_executions_are_not_found_and_bad_cursors_are_refused(services: Services, pool: "Pool") -> None:
    begun = await begin(pool)
    for execution_id in (new_id(), "nonsense"):
        for method, request in (
            (services.evidence.ListNodeRuns, pb.ListNodeRunsRequest(execution_id=execution_id)),
            (services.evidence.ListLogLines, pb.ListLogLinesRequest(execution_id=execution_id)),
            (services.evidence.ListArtifacts, pb.ListArtifactsRequest(execution_id=execution_id)),
        ):
            with pytest.raises(DomainError) as refused:
                await ask(method, request)
            assert refused.value.reason == "EXECUTION_NOT_FOUND"
    with pytest.raises(DomainError) as refused:
        await ask(
            services.evidence.ListNodeRuns, pb.ListNodeRunsRequest(execution_id=begun.execution_id, cursor="WyJhIl0")
        )
    assert refused.value.fields[0].pointer == "/cursor"
