"""What administrators do with runners, over the real RPCs, with real seats and a real audit log."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from exekra.registry.v1 import runner_pb2
from exekra.registry.v1 import runner_service_pb2 as pb
from exekra.scheduler.v1 import dispatch_service_pb2 as dispatch
from services.audit.model import Filters
from services.kit.errors import DomainError, Kind
from services.kit.postgres import open_pool
from services.license.model import COMMUNITY_RUNNERS
from services.registry import repository
from tests.conftest import HubDatabase
from tests.integration.registry.conftest import Hub, eventually
from tests.integration.registry.scripted_runner import ending


async def refusal(hub: Hub, method: str, **fields: Any) -> DomainError:
    with pytest.raises(DomainError) as refused:
        await hub.administer(method, **fields)
    return refused.value


async def names(hub: Hub, **fields: Any) -> Sequence[str]:
    return [item.name for item in (await hub.administer("ListRunners", **fields)).items]


async def test_every_statement_prepares(database: HubDatabase):
    statements = {
        name: value
        for name, value in vars(repository).items()
        if name.isupper() and name[0] != "_" and isinstance(value, str)
    }
    async with open_pool(database.dsns["registry"], "registry") as pool, pool.acquire() as connection:
        for statement in statements.values():
            await connection.prepare(statement)
    assert len(statements) >= 24


async def test_a_registered_runner_is_shown_with_its_secret_once(hub: Hub):
    created = await hub.administer("CreateRunner", name=" Till 1 ", labels=["finance", "finance", "eu"], slots=2)
    runner = created.runner
    assert (runner.name, list(runner.labels), runner.slots, runner.owner_id) == ("Till 1", ["finance", "eu"], 2, "u1")
    assert (runner.state, runner.machine_key) == (runner_pb2.RUNNER_STATE_OFFLINE, created.machine_key)
    assert created.machine_key.startswith("mk_")
    assert len(created.machine_secret) >= 43
    shown = await hub.administer("GetRunner", runner_id=runner.id)
    assert created.machine_secret not in str(shown)
    async with hub.pool.acquire() as connection:
        row = await connection.fetchrow("SELECT runner::text AS everything FROM runner")
    assert created.machine_secret not in row["everything"]


async def test_the_pairing_command_carries_the_ca_s_fingerprint(hub: Hub):
    command = (await hub.administer("CreateRunner", name="r")).pair_command
    openssl = await asyncio.create_subprocess_exec(
        *("openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", str(hub.settings.ca_certificate)),
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await openssl.communicate()
    digits = printed.decode().partition("=")[2].strip().replace(":", "").lower()
    assert command.startswith("exekra-runner pair https://127.0.0.1:4545 --token pt_")
    assert command.endswith(f"--fingerprint sha256:{digits}")


async def test_a_pairing_token_works_once_and_ends_older_secrets(hub: Hub):
    created = await hub.administer("CreateRunner", name="r")
    token = (await hub.administer("CreatePairingToken", runner_id=created.runner.id)).pairing_token
    machine = await hub.machine(created.machine_key, created.machine_secret)
    paired = await machine.call(machine.stub.Pair, pb.PairRequest(pairing_token=token, hostname="desk"))
    assert (paired.runner_id, paired.machine_key) == (created.runner.id, created.machine_key)
    with pytest.raises(DomainError) as again:
        await machine.call(machine.stub.Pair, pb.PairRequest(pairing_token=token))
    assert again.value.reason == "PAIRING_TOKEN_INVALID"
    with pytest.raises(DomainError) as older:
        await machine.authenticate()
    assert older.value.reason == "CREDENTIALS_INVALID"
    machine.machine_secret = paired.machine_secret
    assert (await machine.authenticate()).name == "r"
    actions = await hub.actions()
    assert [a for a in actions if a in ("runner.paired", "runner.signed_in")] == ["runner.paired", "runner.signed_in"]


async def test_ten_pairings_at_once_with_one_token_give_one_identity(hub: Hub):
    created = await hub.administer("CreateRunner", name="r")
    token = (await hub.administer("CreatePairingToken", runner_id=created.runner.id)).pairing_token
    machine = await hub.machine("", "")
    request = pb.PairRequest(pairing_token=token)
    answers = await asyncio.gather(
        *(machine.call(machine.stub.Pair, request) for _ in range(10)), return_exceptions=True
    )
    assert sum(isinstance(answer, pb.PairResponse) for answer in answers) == 1


async def test_an_expired_pairing_token_is_refused(hub: Hub):
    created = await hub.administer("CreateRunner", name="r")
    token = (await hub.administer("CreatePairingToken", runner_id=created.runner.id)).pairing_token
    async with hub.pool.acquire() as connection:
        await connection.execute("UPDATE pairing_token SET expires_at = now()")
    machine = await hub.machine("", "")
    with pytest.raises(DomainError) as refused:
        await machine.call(machine.stub.Pair, pb.PairRequest(pairing_token=token))
    assert refused.value.reason == "PAIRING_TOKEN_INVALID"


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"name": " "}, "/name"),
        ({"name": "x" * 101}, "/name"),
        ({"name": "a\x00b"}, "/name"),
        ({"name": "r", "slots": 65}, "/slots"),
        ({"name": "r", "slots": -1}, "/slots"),
        ({"name": "r", "labels": ["ok", "not ok"]}, "/labels/1"),
        ({"name": "r", "labels": [f"l{n}" for n in range(33)]}, "/labels"),
        ({"name": "r", "description": "x" * 2_001}, "/description"),
    ],
)
async def test_a_bad_field_is_named_and_costs_no_seat(hub: Hub, fields: dict[str, Any], pointer: str):
    error = await refusal(hub, "CreateRunner", **fields)
    assert (error.kind, error.fields[0].pointer) == (Kind.INVALID, pointer)


@pytest.mark.parametrize("fields", [{"query": "\x00"}, {"label": "\x00"}, {"cursor": "x"}, {"limit": 201}])
async def test_a_list_refuses_what_it_cannot_look_for(hub: Hub, fields: dict[str, Any]):
    assert (await refusal(hub, "ListRunners", **fields)).kind is Kind.INVALID


async def test_a_name_is_taken_whatever_its_case_until_its_runner_is_deleted(hub: Hub):
    created = await hub.administer("CreateRunner", name="Till")
    assert (await refusal(hub, "CreateRunner", name="TILL")).reason == "NAME_TAKEN"
    other = await hub.administer("CreateRunner", name="Other")
    assert (await refusal(hub, "UpdateRunner", runner_id=other.runner.id, name="till")).reason == "NAME_TAKEN"
    await hub.administer("DeleteRunner", runner_id=created.runner.id)
    await hub.administer("CreateRunner", name="till")


async def test_fifty_registrations_at_once_give_exactly_the_limit(hub: Hub):
    answers = await asyncio.gather(
        *(hub.administer("CreateRunner", name=f"r{n}") for n in range(50)), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, DomainError)]
    assert len(await names(hub)) == COMMUNITY_RUNNERS
    assert {error.reason for error in refused} == {"LICENCE_SEATS_EXHAUSTED"}
    assert len(refused) == 50 - COMMUNITY_RUNNERS


async def test_a_deleted_runner_s_seat_is_free_again_and_a_taken_name_costs_none(hub: Hub):
    created = [await hub.administer("CreateRunner", name=f"r{n}") for n in range(COMMUNITY_RUNNERS - 1)]
    await refusal(hub, "CreateRunner", name="r0")
    await hub.administer("CreateRunner", name="last")
    assert (await refusal(hub, "CreateRunner", name="more")).kind is Kind.PAYMENT
    await hub.administer("DeleteRunner", runner_id=created[0].runner.id)

    async def registers() -> bool:
        try:
            await hub.administer("CreateRunner", name="more")
        except DomainError:
            return False
        return True

    await eventually(registers)


async def test_the_same_idempotency_key_registers_once(hub: Hub):
    fields = {"name": "r", "idempotency_key": "k1", "body_sha256": "b1"}
    first = await hub.administer("CreateRunner", **fields)
    second = await hub.administer("CreateRunner", **fields)
    assert second.runner.id == first.runner.id
    assert await names(hub) == ["r"]
    machine = await hub.machine(second.machine_key, second.machine_secret)
    await machine.hello()

    async def is_noticed() -> bool:
        return bool((await hub.administer("ListRunners")).items[0].connected_at.seconds)

    await eventually(is_noticed)
    third = await hub.administer("CreateRunner", **fields)
    assert (third.runner.id, third.machine_secret) == (first.runner.id, "")
    other = await refusal(hub, "CreateRunner", **{**fields, "body_sha256": "b2"})
    assert other.reason == "IDEMPOTENCY_KEY_REUSED"


async def test_runners_are_listed_by_name_filtered_and_paged(hub: Hub):
    for name, labels in (("beta", ["eu"]), ("Alpha", ["eu", "us"]), ("gamma_%", ["us"])):
        await hub.administer("CreateRunner", name=name, labels=labels)
    assert await names(hub) == ["Alpha", "beta", "gamma_%"]
    assert await names(hub, label="eu") == ["Alpha", "beta"]
    assert await names(hub, query="A_%") == ["gamma_%"]
    page = await hub.administer("ListRunners", limit=2)
    assert [item.name for item in page.items] == ["Alpha", "beta"]
    assert await names(hub, limit=2, cursor=page.next_cursor) == ["gamma_%"]
    assert await names(hub, state=runner_pb2.RUNNER_STATE_ONLINE, limit=1) == []
    assert len(await names(hub, state=runner_pb2.RUNNER_STATE_OFFLINE, limit=2)) == 2


async def test_a_list_does_not_need_the_scheduler(hub: Hub):
    await hub.administer("CreateRunner", name="r")
    await hub.stop_scheduler()
    assert await names(hub) == ["r"]


async def test_the_scheduler_hears_of_every_change(hub: Hub):
    runner_id = (await hub.administer("CreateRunner", name="r")).runner.id
    await hub.administer("UpdateRunner", runner_id=runner_id, labels=["eu"], set_labels=True, slots=4)
    await hub.administer("UpdateRunner", runner_id=runner_id, disabled=True)
    await hub.administer("DeleteRunner", runner_id=runner_id)

    def told() -> dispatch.UpdateRunner | None:
        calls = hub.scheduler.calls("update_runner")
        return calls[-1].update_runner if calls and calls[-1].update_runner.deleted else None

    last = await eventually(told)
    assert (last.runner_name, list(last.labels), last.slots, last.enabled) == ("r", ["eu"], 4, False)


async def test_a_change_made_while_the_scheduler_is_away_is_told_later(hub: Hub):
    await hub.stop_scheduler()
    await hub.administer("CreateRunner", name="late")
    await hub.start_scheduler()
    (call,) = await eventually(lambda: hub.scheduler.calls("update_runner"))
    assert call.update_runner.runner_name == "late"


async def test_a_disabled_runner_is_cut_off_at_once_and_may_not_come_back(hub: Hub):
    runner_id, runner = await hub.new_runner()
    await runner.hello()
    await hub.administer("UpdateRunner", runner_id=runner_id, disabled=True)
    assert (await ending(runner.heartbeat)).reason == "RUNNER_DISABLED"
    for attempt in (runner.hello, runner.authenticate):
        with pytest.raises(DomainError) as refused:
            await attempt()
        assert refused.value.reason == "RUNNER_DISABLED"
    await hub.administer("UpdateRunner", runner_id=runner_id, disabled=False)
    await runner.hello()


async def test_a_runner_disabled_by_another_process_is_cut_off_by_its_next_heartbeat(hub: Hub):
    _, runner = await hub.new_runner()
    await runner.hello()
    async with hub.pool.acquire() as connection:
        await connection.execute("UPDATE runner SET enabled = false")
    await runner.heartbeat.write(pb.HeartbeatRequest(beat=pb.Beat(seq=1)))
    assert (await ending(runner.heartbeat)).reason == "RUNNER_DISABLED"


async def test_a_rotated_secret_ends_the_session_and_the_old_secret(hub: Hub):
    runner_id, runner = await hub.new_runner()
    await runner.hello()
    rotated = await hub.administer("RotateSecret", runner_id=runner_id)
    assert (await ending(runner.heartbeat)).reason == "CREDENTIALS_INVALID"
    with pytest.raises(DomainError):
        await runner.authenticate()

    async def is_offline() -> bool:
        found = (await hub.administer("GetRunner", runner_id=runner_id)).runner
        return bool(found.state == runner_pb2.RUNNER_STATE_OFFLINE)

    await eventually(is_offline)
    runner.machine_secret = rotated.machine_secret
    await runner.authenticate()
    assert (await runner.hello()).epoch == 2


async def test_a_token_of_before_the_rotation_opens_no_session(hub: Hub):
    runner_id, runner = await hub.new_runner()
    await runner.authenticate()
    await hub.administer("RotateSecret", runner_id=runner_id)
    with pytest.raises(DomainError) as refused:
        await runner.hello()
    assert refused.value.reason == "CREDENTIALS_INVALID"


async def test_a_drain_is_told_on_the_stream_and_at_the_next_welcome(hub: Hub):
    runner_id, runner = await hub.new_runner()
    await runner.hello()
    drained = await hub.administer("DrainRunner", runner_id=runner_id)
    assert drained.runner.draining
    assert (await runner.heard()).drain.draining
    await hub.administer("DrainRunner", runner_id=runner_id)
    assert (await runner.hello()).draining
    assert hub.scheduler.calls("open_session")[-1].open_session.draining
    await hub.administer("ResumeRunner", runner_id=runner_id)
    assert not (await runner.heard()).drain.draining
    assert [a for a in await hub.actions() if "drain" in a or "resume" in a] == ["runner.drained", "runner.resumed"]


async def test_other_slots_are_learnt_by_a_new_session(hub: Hub):
    runner_id, runner = await hub.new_runner()
    await runner.hello()
    await hub.administer("UpdateRunner", runner_id=runner_id, slots=5)
    assert (await ending(runner.heartbeat)).reason == "STALE_SESSION"
    assert (await runner.authenticate()).slots == 5


async def test_a_busy_runner_is_not_deleted(hub: Hub):
    runner_id, runner = await hub.new_runner()
    await runner.hello()
    hub.scheduler.loads = [dispatch.RunnerLoad(runner_id=runner_id, slots=1, free=0, execution_ids=["e1"])]
    assert (await refusal(hub, "DeleteRunner", runner_id=runner_id)).reason == "RUNNER_BUSY"

    async def busy() -> runner_pb2.Runner | None:
        shown = (await hub.administer("GetRunner", runner_id=runner_id)).runner
        return shown if shown.state == runner_pb2.RUNNER_STATE_BUSY else None

    assert list((await eventually(busy)).execution_ids) == ["e1"]  # once its connection is noted
    hub.scheduler.loads = []
    await hub.administer("DeleteRunner", runner_id=runner_id)
    assert (await ending(runner.heartbeat)).reason == "CREDENTIALS_INVALID"
    assert (await refusal(hub, "GetRunner", runner_id=runner_id)).reason == "RUNNER_NOT_FOUND"


@pytest.mark.parametrize("method", ["GetRunner", "UpdateRunner", "DeleteRunner", "RotateSecret", "DrainRunner"])
@pytest.mark.parametrize("runner_id", ["", "x", "0190a0a0-0000-7000-8000-000000000000"])
async def test_an_unknown_runner_is_not_found(hub: Hub, method: str, runner_id: str):
    assert (await refusal(hub, method, runner_id=runner_id)).reason == "RUNNER_NOT_FOUND"


async def test_every_change_has_its_audit_event_with_before_and_after(hub: Hub):
    runner_id = (await hub.administer("CreateRunner", name="r")).runner.id
    await hub.administer("UpdateRunner", runner_id=runner_id, name="s")
    await hub.administer("UpdateRunner", runner_id=runner_id, name="s")
    await hub.administer("RotateSecret", runner_id=runner_id)
    await hub.administer("CreatePairingToken", runner_id=runner_id)
    await hub.administer("DeleteRunner", runner_id=runner_id)
    assert await hub.actions() == [
        "runner.created",
        "runner.updated",
        "runner.secret_rotated",
        "runner.pairing_token_created",
        "runner.deleted",
    ]


async def test_audit_events_reach_the_chain_with_who_and_from_where(hub: Hub):
    created = await hub.administer("CreateRunner", name="r")

    async def recorded() -> Any:
        return await hub.audit.list_events(Filters(resource=created.runner.id), None, 10)

    (link,) = await eventually(recorded)
    event = link.event
    assert (event.action, event.service, event.actor_id, event.ip) == ("runner.created", "registry", "u1", "10.0.0.1")
    assert created.machine_secret not in event.details
    assert (await hub.audit.verify()).valid
