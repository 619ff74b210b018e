# ruff: noqa: N802 - the methods have the names of the RPCs
"""Work items between a real agent and a scripted Hub that goes away, forgets to answer, or refuses."""

import json
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from exekra.registry.v1 import runner_service_pb2 as pb
from exekra.scheduler.v1 import attempt_pb2 as apb
from exekra.scheduler.v1 import work_item_service_pb2 as item_pb
from exekra.scheduler.v1 import work_queue_pb2 as queue_pb
from tests.eventually import eventually
from tests.integration.runner.agent import graphs
from tests.integration.runner.agent.hub import ScriptedHub, _refuse
from tests.integration.runner.agent.processes import AgentProcess, LocalAgent

QUEUE = "Invoices"


class QueueHub(ScriptedHub):
    """Gives out one item for each node run, and keeps what is said of items."""

    def __init__(self) -> None:
        super().__init__()
        self.items: list[Any] = []
        """Payloads that wait."""
        self.taken: dict[tuple[str, str], queue_pb.WorkItem] = {}
        self.added: dict[tuple[str, str], list[queue_pb.NewWorkItem]] = {}
        self.settled: dict[str, item_pb.SettleItem] = {}
        self.order: list[str] = []
        self.told: defaultdict[str, int] = defaultdict(int)
        self.lost_answers: list[str] = []
        """Calls that are carried out, and whose answer gets lost once."""
        self.refusal = ""
        """Of settlements."""

    async def AddWorkItems(self, request: pb.AddWorkItemsRequest, context: Any) -> pb.AddWorkItemsResponse:
        key = (request.order.run.attempt.attempt_id, request.order.run.run)
        self.added[key] = list(request.order.items)
        await self._answer("add", context)
        return pb.AddWorkItemsResponse(
            items=[
                queue_pb.AddedWorkItem(id=f"new{index}", reference=item.reference, duplicate=item.reference == "twice")
                for index, item in enumerate(request.order.items)
            ]
        )

    async def TakeWorkItem(self, request: pb.TakeWorkItemRequest, context: Any) -> pb.TakeWorkItemResponse:
        key = (request.order.run.attempt.attempt_id, request.order.run.run)
        if key not in self.taken and self.items:
            payload = json.dumps(self.items.pop(0)).encode()
            self.taken[key] = queue_pb.WorkItem(id=f"item{len(self.taken)}", attempt=1, payload_json=payload)
        await self._answer("take", context)
        return pb.TakeWorkItemResponse(item=self.taken.get(key))

    async def SettleWorkItem(self, request: pb.SettleWorkItemRequest, context: Any) -> pb.SettleWorkItemResponse:
        if self.refusal:
            await _refuse(context, self.refusal, grpc.StatusCode.ABORTED)
        self.settled[request.order.settlement_id] = request.order
        await self._answer("settle", context)
        return pb.SettleWorkItemResponse(status=queue_pb.WORK_ITEM_STATUS_SUCCESSFUL)

    async def Finish(self, request: pb.FinishRequest, context: Any) -> pb.FinishResponse:
        self.order.append("finish")
        return await super().Finish(request, context)

    async def _answer(self, call: str, context: Any) -> None:
        self.told[call] += 1
        self.order.append(call)
        await self._note(call)
        if call in self.lost_answers:
            self.lost_answers.remove(call)
            await context.abort(grpc.StatusCode.UNAVAILABLE, "lost")


@pytest.fixture
async def hub() -> AsyncIterator[QueueHub]:
    hub = QueueHub()
    await hub.start()
    yield hub
    await hub.stop()


def take(node_id: str = "take", **config: Any) -> dict[str, Any]:
    return {"id": node_id, "type": "queue.takeItem", "config": {"queue": QUEUE, **config}}


def complete(node_id: str = "done", **config: Any) -> dict[str, Any]:
    config = {"item": "{{ nodes.take.output }}", **config}
    return {"id": node_id, "type": "queue.completeItem", "config": config}


def failure_of(record: apb.FinishRecord) -> str:
    assert record.outcome == apb.OUTCOME_FAILED
    return record.failure.code


@pytest.mark.parametrize("isolated", [False, True])
async def test_an_item_is_taken_and_completed(hub: QueueHub, local: LocalAgent, tmp_path: Path, isolated: bool) -> None:
    hub.items = [{"amount": 12}]
    await local.start()
    more = [graphs.write_file(str(tmp_path / "x"), "x")] if isolated else []
    graph = graphs.chain(
        take(),
        *more,
        complete(output={"paid": "{{ nodes.take.output.payload.amount }}"}),
        output={"item": "{{ nodes.take.output }}", "came": "{{ nodes.done.output }}"},
    )
    record = await hub.finished(await hub.offer(graph))
    assert record.outcome == apb.OUTCOME_OK
    output = json.loads(record.output_json)
    assert output["item"]["payload"] == {"amount": 12}
    assert output["came"] == {"id": "item0", "status": "successful", "delivered": True}
    [settlement] = hub.settled.values()
    assert (settlement.item_id, settlement.item_attempt, settlement.output_json) == ("item0", 1, b'{"paid":12}')


async def test_lost_answers_change_nothing(hub: QueueHub, local: LocalAgent) -> None:
    hub.items, hub.lost_answers = ["a", "b"], ["take", "settle", "add"]
    await local.start()
    add = {"id": "add", "type": "queue.addItem", "config": {"queue": QUEUE, "payload": 1}}
    record = await hub.finished(await hub.offer(graphs.chain(take(), complete(), add)))
    assert record.outcome == apb.OUTCOME_OK
    assert (hub.told["take"], hub.told["settle"], hub.told["add"]) == (2, 2, 2)
    assert (len(hub.taken), len(hub.settled), len(hub.added)) == (1, 1, 1)


async def test_an_empty_queue_is_left_by_its_port_and_waited_for_when_asked(hub: QueueHub, local: LocalAgent) -> None:
    await local.start()
    graph = graphs.chain(take(), complete())
    graph["nodes"].append(graphs.say("nothing to do"))
    graph["edges"].append({"id": "empty", "from": "take", "port": "empty", "to": "say"})
    attempt = await hub.offer(graph)
    assert (await hub.finished(attempt)).outcome == apb.OUTCOME_OK
    assert hub.told["settle"] == 0
    waiting = await hub.offer(graphs.chain(take(waitSeconds=60), complete()))
    await hub.until(lambda: hub.told["take"] >= 2)
    hub.items = ["late"]
    assert (await hub.finished(waiting)).outcome == apb.OUTCOME_OK
    assert len(hub.settled) == 1


async def test_a_settlement_needs_no_hub_and_is_told_by_the_next_agent(hub: QueueHub, agent: AgentProcess) -> None:
    """The Hub goes away, the item is completed, the agent is killed."""
    hub.items = ["a"]
    await agent.start()
    attempt = await hub.offer(graphs.chain(take(), graphs.delay(0.5), complete(), graphs.delay(120, "linger")))
    await hub.until(lambda: hub.taken)
    port = int(hub.address.rpartition(":")[2])
    await hub.stop()
    await eventually(lambda: b'"outcome":"SUCCESSFUL"' in (agent.home / "journal.log").read_bytes(), seconds=60)
    await agent.kill()
    attempt.status, attempt.order = "over", apb.ATTEMPT_ORDER_STOP_NOW
    await hub.start(port)
    await agent.start()
    await hub.until(lambda: hub.settled)
    [settlement] = hub.settled.values()
    assert (settlement.item_id, settlement.attempt.attempt_id) == ("item0", attempt.id)


async def test_what_is_settled_while_the_hub_is_silent_is_told_before_the_result(
    hub: QueueHub, local: LocalAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.agent.work_items.SETTLE_PATIENCE_SECONDS", 0.01)
    hub.items = ["a"]
    hub.lost_answers = ["settle"] * 3
    await local.start()
    graph = graphs.chain(take(), complete(), output={"came": "{{ nodes.done.output }}"})
    record = await hub.finished(await hub.offer(graph))
    assert json.loads(record.output_json)["came"] == {"id": "item0", "status": None, "delivered": False}
    assert hub.order[-2:] == ["settle", "finish"]
    assert len(hub.settled) == 1


async def test_what_the_hub_refuses_fails_the_node(hub: QueueHub, local: LocalAgent) -> None:
    hub.items, hub.refusal = ["a"], "ITEM_NOT_HELD"
    await local.start()
    assert failure_of(await hub.finished(await hub.offer(graphs.chain(take(), complete())))) == "ITEM_NOT_HELD"


async def test_items_are_added_in_one_call_and_duplicates_told_or_refused(hub: QueueHub, local: LocalAgent) -> None:
    await local.start()
    items = [{"payload": 1, "reference": "once"}, {"payload": 2, "reference": "twice"}]
    config: dict[str, Any] = {"queue": QUEUE, "items": items, "duplicates": "ignore"}
    add = {"id": "add", "type": "queue.addItem", "config": config}
    record = await hub.finished(await hub.offer(graphs.chain(add, output={"added": "{{ nodes.add.output.added }}"})))
    assert json.loads(record.output_json) == {"added": 1}
    [sent] = hub.added.values()
    assert [(item.payload_json, item.priority) for item in sent] == [(b"1", 50), (b"2", 50)]
    refused = {**add, "config": {"queue": QUEUE, "payload": 3, "reference": "twice"}}
    assert failure_of(await hub.finished(await hub.offer(graphs.chain(refused)))) == "REFERENCE_TAKEN"


async def test_a_hub_that_stays_away_fails_the_take_in_time(
    hub: QueueHub, local: LocalAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.nodes.work_items.HUB_SECONDS", 0.3)
    await local.start()
    port = int(hub.address.rpartition(":")[2])
    attempt = await hub.offer(graphs.chain(graphs.delay(0.3), take()))
    await hub.until(lambda: attempt.status == "running")
    await hub.stop()
    journal = local.home / "journal.log"
    await eventually(lambda: b'"code":"HUB_UNREACHABLE"' in journal.read_bytes(), seconds=60)
    await hub.start(port)
    record = await hub.finished(attempt)
    assert (failure_of(record), record.failure.retryable) == ("HUB_UNREACHABLE", True)
