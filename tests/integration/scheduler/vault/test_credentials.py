"""Credentials as people keep them, on a real Postgres."""

import json

import pytest

from exekra.scheduler.v1 import credential_pb2
from services.kit.errors import DomainError
from services.kit.ids import new_id
from services.kit.rewrapping import Rewrapping
from services.kit.sealing import Sealer, SealingError
from services.scheduler.vault import repository, uses
from services.scheduler.vault.rewrapping import rewrap_credentials
from tests.integration.scheduler.vault.conftest import KEY, LOGIN, Vault, naming

VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE")


async def test_every_statement_can_be_prepared(vault: Vault) -> None:
    names = []
    async with vault.scheduler.core.pool.acquire() as connection:
        for module in (repository, uses):
            for name, value in vars(module).items():
                if name.isupper() and not name.startswith("_") and isinstance(value, str) and value.startswith(VERBS):
                    await connection.prepare(value)
                    names.append(name)
    assert len(names) > 12


async def test_a_credential_is_made_and_nobody_reads_its_value_back(vault: Vault) -> None:
    made = await vault.create(description="The shop's robot", hosts=["Shop.Example.com"])
    assert (made.name, list(made.fields), made.version, list(made.hosts)) == (
        "shop",
        ["password", "username"],
        1,
        ["shop.example.com"],
    )
    shown = await vault("GetCredential", credential_id=made.id)
    listed = await vault("ListCredentials")
    told = shown.SerializeToString() + listed.SerializeToString()
    told += b"".join([event.SerializeToString() for event in await vault.audited("credential.created")])
    rows = await vault.scheduler.sql("SELECT * FROM credential")
    for secret in LOGIN.values():
        assert secret.encode() not in told
        assert secret not in repr(rows)
        assert secret.encode() not in rows[0]["value"]
    [event] = await vault.audited("credential.created")
    assert (event.actor_name, event.resource_name) == ("Grace", "shop")


async def test_names_are_unique_whatever_their_case(vault: Vault) -> None:
    await vault.create("shop")
    with pytest.raises(DomainError) as refused:
        await vault.create("Shop")
    assert refused.value.reason == "NAME_TAKEN"


@pytest.mark.parametrize(
    ("fields", "value", "pointer"),
    [
        ({"name": "two words"}, LOGIN, "/name"),
        ({"name": "1st"}, LOGIN, "/name"),
        ({}, {"username": "x"}, "/value"),
        ({}, {**LOGIN, "more": "x"}, "/value"),
        ({}, {**LOGIN, "password": ""}, "/value/password"),
        ({}, {**LOGIN, "password": 7}, "/value/password"),
        ({}, ["x"], "/value"),
        ({"kind": credential_pb2.CREDENTIAL_KIND_KEY_VALUE}, {"a b": "x"}, "/value"),
        ({"kind": 99}, LOGIN, "/kind"),
        ({"hosts": ["https://shop.example.com/"]}, LOGIN, "/hosts/0"),
        ({"workflow_ids": ["x"]}, LOGIN, "/workflowIds"),
    ],
)
async def test_what_cannot_be_kept_is_refused_and_never_quoted(vault: Vault, fields, value, pointer) -> None:
    with pytest.raises(DomainError) as refused:
        await vault.create(**{"name": "shop", **fields}, value=value)
    assert [field.pointer for field in refused.value.fields] == [pointer]
    assert LOGIN["password"] not in repr([refused.value.message, refused.value.fields])


async def test_a_request_that_comes_twice_makes_one_and_keeps_no_digest_of_the_value(vault: Vault) -> None:
    first = await vault.create(idempotency_key="k1", body_sha256="a" * 64)
    again = await vault.create(idempotency_key="k1", body_sha256="a" * 64)
    assert first == again
    rows = await vault.scheduler.sql("SELECT body_sha256 FROM idempotency_key")
    assert [row["body_sha256"] for row in rows] != ["a" * 64]


async def test_a_value_is_replaced_as_a_whole_and_an_old_one_cannot_be_put_back(vault: Vault) -> None:
    made = await vault.create()
    [old] = await vault.scheduler.sql("SELECT value FROM credential")
    value = json.dumps({"username": "robot", "password": "second"}).encode()
    changed = (await vault("UpdateCredential", credential_id=made.id, value_json=value, if_match=made.etag)).credential
    assert changed.version == 2
    assert len(await vault.audited("credential.value_replaced")) == 1
    with pytest.raises(DomainError) as refused:
        await vault("UpdateCredential", credential_id=made.id, description="late", if_match=made.etag)
    assert refused.value.reason == "CREDENTIAL_CHANGED"
    holder = await vault.holder(naming("shop"))
    assert (await holder.release("shop")).fields["password"] == "second"
    await vault.scheduler.tamper("UPDATE credential SET value = $1", old["value"])
    with pytest.raises(DomainError):
        await holder.release("shop")


async def test_limits_change_without_the_value(vault: Vault) -> None:
    made = await vault.create(hosts=["a.example.com"])
    workflow = new_id()
    changed = (
        await vault("UpdateCredential", credential_id=made.id, set_workflow_ids=True, workflow_ids=[workflow])
    ).credential
    assert (list(changed.workflow_ids), list(changed.hosts), changed.version) == ([workflow], ["a.example.com"], 1)
    changed = (await vault("UpdateCredential", credential_id=made.id, set_hosts=True)).credential
    assert (list(changed.workflow_ids), list(changed.hosts)) == ([workflow], [])


async def test_where_it_is_used_is_shown_and_stands_in_the_way_of_deleting_it(vault: Vault) -> None:
    made = await vault.create()
    await vault.create("bank")
    await vault.scheduler.workflow("Orders", **naming("shop"))
    await vault.scheduler.workflow("Other", **naming("bank"))
    _, listed = (await vault("ListCredentials")).items
    assert [(user.name, user.published) for user in listed.used_by] == [("Orders", True)]
    with pytest.raises(DomainError) as refused:
        await vault("DeleteCredential", credential_id=made.id)
    assert (refused.value.reason, refused.value.facts["workflows"]) == ("CREDENTIAL_IN_USE", ["Orders"])
    await vault("DeleteCredential", credential_id=made.id, force=True)
    with pytest.raises(DomainError) as refused:
        await vault("GetCredential", credential_id=made.id)
    assert refused.value.reason == "CREDENTIAL_NOT_FOUND"


async def test_a_key_rotates_while_values_are_in_use(vault: Vault) -> None:
    await vault.create()
    pool, new = vault.scheduler.core.pool, b"n" * 32
    await Rewrapping(pool, Sealer([new, KEY]), rewrap_credentials).run_once()
    [row] = await vault.scheduler.sql("SELECT value FROM credential")
    assert Sealer([new]).is_current(row["value"])
    with pytest.raises(SealingError):
        await Rewrapping(pool, Sealer([b"x" * 32]), rewrap_credentials).run_once()
