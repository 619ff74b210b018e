# ruff: noqa: N802 - the methods have the names of the RPCs
"""Credentials between a real agent and a scripted Hub that refuses, is away, has another session, or never answers."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from exekra.registry.v1 import runner_service_pb2 as pb
from exekra.scheduler.v1 import attempt_pb2 as apb
from runner.workflow.release import seal_release
from tests.integration.runner.agent import graphs
from tests.integration.runner.agent.hub import ScriptedHub, _refuse
from tests.integration.runner.agent.processes import AgentProcess, LocalAgent

SECRET = "hush-hush-4711"
READING = {
    "id": "use",
    "type": "data.transform",
    "config": {"expression": "{{ [len(credentials.shop.token), credentials.shop.token] }}"},
}
USED = {"used": "{{ nodes.use.output }}"}
MASKED = {"used": [len(SECRET), "•••"]}


class VaultHub(ScriptedHub):
    """Releases one value, or does not."""

    def __init__(self) -> None:
        super().__init__()
        self.orders: list[pb.ReleaseCredentialRequest] = []
        self.lost_answers = 0
        self.session_ends = False
        """With the next question."""
        self.refusal = ""
        self.silent = False
        self.sealed_for = ""
        """An execution other than the one that asks."""

    async def ReleaseCredential(
        self, request: pb.ReleaseCredentialRequest, context: Any
    ) -> pb.ReleaseCredentialResponse:
        self.orders.append(request)
        await self._note("release")
        if self.silent:
            await asyncio.Event().wait()
        if self.lost_answers:
            self.lost_answers -= 1
            await context.abort(grpc.StatusCode.UNAVAILABLE, "lost")
        if self.refusal:
            await _refuse(context, self.refusal, grpc.StatusCode.PERMISSION_DENIED)
        if self.session_ends:
            self.session_ends = False
            return pb.ReleaseCredentialResponse(answer=apb.ANSWER_STALE_SESSION)
        order = request.order
        document = json.dumps({"fields": {"token": SECRET}, "hosts": []}).encode()
        execution_id = self.sealed_for or order.attempt.execution_id
        return pb.ReleaseCredentialResponse(
            answer=apb.ANSWER_OK, sealed=seal_release(document, order.public_key, execution_id, order.name)
        )


@pytest.fixture
async def hub() -> AsyncIterator[VaultHub]:
    hub = VaultHub()
    await hub.start()
    yield hub
    await hub.stop()


def failure_of(record: apb.FinishRecord) -> tuple[str, str]:
    assert record.outcome == apb.OUTCOME_FAILED
    return record.failure.code, record.failure.message


def all_that_is_kept(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())


@pytest.mark.parametrize("isolated", [False, True])
async def test_a_value_reaches_the_process_that_runs_the_execution_and_no_file(
    hub: VaultHub, local: LocalAgent, tmp_path: Path, isolated: bool
) -> None:
    await local.start()
    more = [graphs.write_file(str(tmp_path / "x"), "x")] if isolated else []
    attempt = await hub.offer(graphs.chain(READING, *more, graphs.say("{{ nodes.use.output[1] }}"), output=USED))
    record = await hub.finished(attempt)
    assert record.outcome == apb.OUTCOME_OK, record.failure
    assert json.loads(record.output_json) == MASKED
    [asked] = hub.orders
    assert (asked.epoch, asked.order.attempt.attempt_id) == (hub.epoch, attempt.id)
    assert (asked.order.node_id, asked.order.name, len(asked.order.public_key)) == ("use", "shop", 32)
    kept = all_that_is_kept(local.home)
    assert attempt.id.encode() in kept
    assert SECRET.encode() not in kept


async def test_each_execution_has_a_key_of_its_own(hub: VaultHub, local: LocalAgent) -> None:
    await local.start()
    for _ in range(2):
        assert (await hub.finished(await hub.offer(graphs.chain(READING)))).outcome == apb.OUTCOME_OK
    first, second = hub.orders
    assert first.order.public_key != second.order.public_key


async def test_lost_answers_change_nothing(hub: VaultHub, local: LocalAgent) -> None:
    hub.lost_answers = 2
    await local.start()
    record = await hub.finished(await hub.offer(graphs.chain(READING, output=USED)))
    assert json.loads(record.output_json) == MASKED
    assert len(hub.orders) == 3


async def test_a_question_on_a_session_that_is_over_is_asked_again_on_the_next(
    hub: VaultHub, local: LocalAgent
) -> None:
    hub.session_ends = True
    await local.start()
    record = await hub.finished(await hub.offer(graphs.chain(READING, output=USED)))
    assert json.loads(record.output_json) == MASKED
    first, second = hub.orders
    assert first.epoch < second.epoch == hub.epoch


async def test_a_node_waits_for_a_hub_that_is_away(hub: VaultHub, local: LocalAgent) -> None:
    hub.lost_answers = 1
    await local.start()
    attempt = await hub.offer(graphs.chain(READING, output=USED))
    await hub.until(lambda: hub.orders)
    await hub.restart()
    assert json.loads((await hub.finished(attempt)).output_json) == MASKED


async def test_what_the_hub_refuses_fails_the_node_at_once(hub: VaultHub, local: LocalAgent) -> None:
    hub.refusal = "CREDENTIAL_NOT_ALLOWED"
    await local.start()
    record = await hub.finished(await hub.offer(graphs.chain(READING)))
    assert failure_of(record) == ("CREDENTIAL_NOT_ALLOWED", "CREDENTIAL_NOT_ALLOWED (test)")
    assert (record.failure.retryable, len(hub.orders)) == (False, 1)


async def test_a_hub_without_a_vault_is_said_to_be_old(hub: VaultHub, local: LocalAgent) -> None:
    hub.refusal = "UNIMPLEMENTED"
    await local.start()
    code, message = failure_of(await hub.finished(await hub.offer(graphs.chain(READING))))
    assert (code, "older than the runner" in message) == ("UNIMPLEMENTED", True)


async def test_a_value_sealed_for_another_execution_is_not_opened(hub: VaultHub, local: LocalAgent) -> None:
    hub.sealed_for = "019a0000-0000-7000-8000-000000000001"
    await local.start()
    code, _ = failure_of(await hub.finished(await hub.offer(graphs.chain(READING))))
    assert code == "CREDENTIAL_UNREADABLE"


async def test_a_hub_that_never_answers_fails_the_node_in_time(
    hub: VaultHub, local: LocalAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.agent.credentials.PATIENCE_SECONDS", 0.2)
    hub.silent = True
    await local.start()
    record = await hub.finished(await hub.offer(graphs.chain(READING)))
    code, message = failure_of(record)
    assert (code, record.failure.retryable) == ("HUB_UNREACHABLE", True)
    assert "reachable from this machine" in message


async def test_an_agent_that_is_killed_leaves_no_value_behind(hub: VaultHub, agent: AgentProcess) -> None:
    await agent.start()
    attempt = await hub.offer(graphs.chain(READING, graphs.assign(kept="{{ nodes.use.output }}"), graphs.delay(120)))
    await hub.until(lambda: hub.orders)
    await hub.until(lambda: any(event.node_id == "wait" for event in attempt.node_events.values()))
    shown = [repr((child.environ(), child.cmdline())) for child in agent.children()]
    await agent.kill()
    assert SECRET not in "".join(shown)
    kept = all_that_is_kept(agent.home)
    assert attempt.id.encode() in kept
    assert SECRET.encode() not in kept
