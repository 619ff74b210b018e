"""Who gets the value of a credential: live attempts whose graphs name it, and nobody else."""

import json

import pytest

from exekra.scheduler.v1 import attempt_pb2
from runner.workflow.release import ReleaseError, ReleaseKey
from services.kit.errors import DomainError
from services.kit.ids import new_id
from services.scheduler.workflows.publishing import find_problems
from tests.integration.scheduler.vault.conftest import LOGIN, Vault, naming


async def reason_of(asked) -> str:
    with pytest.raises(DomainError) as refused:
        await asked
    return refused.value.reason


async def test_a_live_attempt_gets_what_its_graph_names_and_each_release_is_audited(vault: Vault) -> None:
    made = await vault.create(hosts=["shop.example.com"])
    holder = await vault.holder(naming("shop"))
    released = await holder.release("shop")
    assert (released.fields, released.hosts) == (LOGIN, ("shop.example.com",))
    await holder.release("shop")
    first, _ = await vault.audited("credential.released")
    assert (first.actor_kind, first.actor_id, first.resource_id) == ("runner", holder.runner.id, made.id)
    assert holder.offer.attempt.execution_id.encode() in first.details_json
    assert LOGIN["password"].encode() not in first.SerializeToString()
    shown = (await vault("GetCredential", credential_id=made.id)).credential
    assert shown.last_execution_id == holder.offer.attempt.execution_id
    assert shown.HasField("last_used_at")


async def test_what_is_sealed_for_one_key_opens_with_no_other(vault: Vault) -> None:
    await vault.create()
    holder = await vault.holder(naming("shop"))
    other = ReleaseKey()
    with pytest.raises(ReleaseError):
        await holder.release("shop", public_key=other.public)


async def test_a_graph_that_does_not_name_it_gets_nothing(vault: Vault) -> None:
    await vault.create()
    await vault.create("bank")
    holder = await vault.holder(naming("bank"))
    assert await reason_of(holder.release("shop")) == "CREDENTIAL_NOT_NAMED"
    assert await vault.audited("credential.released") == []


async def test_a_credential_that_there_is_not_says_what_to_do(vault: Vault) -> None:
    # Deleted since the workflow was published.
    made = await vault.create()
    holder = await vault.holder(naming("shop"))
    await vault("DeleteCredential", credential_id=made.id, force=True)
    with pytest.raises(DomainError, match="Make it in the vault") as refused:
        await holder.release("shop")
    assert refused.value.reason == "CREDENTIAL_NOT_FOUND"


async def test_another_runner_another_session_another_attempt_and_an_ended_one_get_nothing(vault: Vault) -> None:
    await vault.create()
    holder = await vault.holder(naming("shop"))
    stranger = await vault.scheduler.runner()
    for other in (
        {"runner_id": stranger.id, "epoch": stranger.epoch},
        {"epoch": holder.runner.epoch - 1},
        {"attempt": attempt_pb2.AttemptRef(execution_id=new_id(), attempt_id=holder.offer.attempt.attempt_id)},
        {"attempt": attempt_pb2.AttemptRef(execution_id=holder.offer.attempt.execution_id, attempt_id=new_id())},
        {"attempt": attempt_pb2.AttemptRef(execution_id="x", attempt_id="y")},
    ):
        assert await reason_of(holder.release("shop", **other)) == "ATTEMPT_NOT_FOUND"
    assert await reason_of(holder.release("shop", public_key=b"short")) == "INVALID"
    await vault.scheduler.tamper("UPDATE attempt SET lease_expires_at = now() - interval '1 second'")
    assert await reason_of(holder.release("shop")) == "ATTEMPT_NOT_FOUND"
    await vault.scheduler.tamper("UPDATE attempt SET lease_expires_at = now() + interval '100 seconds'")
    await holder.runner.finish(holder.offer)
    assert await reason_of(holder.release("shop")) == "ATTEMPT_NOT_FOUND"
    assert await vault.audited("credential.released") == []


async def test_a_credential_kept_for_other_workflows_is_refused(vault: Vault) -> None:
    made = await vault.create()
    holder = await vault.holder(naming("shop"))
    await vault("UpdateCredential", credential_id=made.id, set_workflow_ids=True, workflow_ids=[new_id()])
    assert await reason_of(holder.release("shop")) == "CREDENTIAL_NOT_ALLOWED"


async def test_a_called_workflow_gets_what_it_names_within_the_execution_that_calls_it(vault: Vault) -> None:
    await vault.create()
    called = await vault.scheduler.workflow("Called", **naming("shop"))
    holder = await vault.holder(naming(called=[called]), "Caller")
    assert (await holder.release("shop")).fields == LOGIN
    await vault.scheduler.tamper("UPDATE credential SET workflow_ids = ARRAY[$1::uuid]", called)
    assert (await holder.release("shop")).fields == LOGIN


async def test_publishing_names_each_place_with_a_credential_that_cannot_be_had(vault: Vault) -> None:
    workflow_id = await vault.scheduler.workflow("Orders")
    await vault.create("mine", workflow_ids=[workflow_id])
    await vault.create("theirs", workflow_ids=[new_id()])
    graph = {**naming("mine", "theirs", "none"), "output": "{{ credentials.mine.password }}"}
    async with vault.scheduler.core.pool.acquire() as connection:
        problems = await find_problems(connection, json.dumps(graph).encode(), workflow_id)
    assert [(problem.pointer, problem.message.split(".")[0]) for problem in problems] == [
        ("/output", "A workflow's output cannot hold credentials: it is kept and shown"),
        ("/nodes/1/config/values/text/1", "The credential 'theirs' is kept for other workflows"),
        ("/nodes/1/config/values/text/2", "There is no credential 'none'"),
    ]
