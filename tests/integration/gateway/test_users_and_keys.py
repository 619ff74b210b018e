"""Users and API keys: who may do what to whom, and that making one twice makes one."""

import asyncio
from typing import Any

import asyncpg

from exekra.audit.v1 import audit_service_pb2
from services.kit.ids import new_id
from tests.conftest import HubDatabase
from tests.integration.gateway.served import PASSWORD, Browser, Served, eventually


async def _create(admin: Browser, **fields: Any) -> Any:
    reply = await admin.call("POST", "/api/users", {"email": "ada@example.com", "password": PASSWORD, **fields})
    assert reply.status == 201, reply.body
    return reply.body["user"]


async def _events(database: HubDatabase) -> list[str]:
    connection = await asyncpg.connect(database.dsns["gateway"])
    rows = await connection.fetch("SELECT event FROM identity.outbox ORDER BY id")
    await connection.close()
    return [audit_service_pb2.AuditEvent.FromString(row["event"]).action for row in rows]


async def test_a_user_is_made_changed_found_and_deleted(served: Served) -> None:
    admin = await served.admin()
    user = await _create(admin, name="Ada", role="DEVELOPER")
    path = f"/api/users/{user['id']}"
    changed = await admin.call("PATCH", path, {"name": "Ada L."})
    assert changed.body["user"]["name"] == "Ada L."
    assert changed.body["user"]["role"] == "DEVELOPER"
    found = await admin.call("GET", "/api/users?q=ADA")
    assert [item["id"] for item in found.body["items"]] == [user["id"]]
    assert (await admin.call("DELETE", path)).status == 204
    gone = await admin.call("GET", path)
    assert (gone.status, gone.body["reason"]) == (404, "USER_NOT_FOUND")


async def test_addresses_are_unique_whatever_their_case(served: Served) -> None:
    admin = await served.admin()
    await _create(admin)
    taken = await admin.call("POST", "/api/users", {"email": "ADA@example.com", "password": PASSWORD})
    assert (taken.status, taken.body["reason"]) == (409, "EMAIL_TAKEN")
    assert taken.body["errors"][0]["pointer"] == "/email"
    other = await _create(admin, email="bob@example.com")
    clash = await admin.call("PATCH", f"/api/users/{other['id']}", {"email": "Ada@Example.com"})
    assert clash.status == 409


async def test_a_password_that_was_not_given_is_made_and_shown_once(served: Served) -> None:
    admin = await served.admin()
    made = await admin.call("POST", "/api/users", {"email": "ada@example.com"})
    ada = await served.browser()
    assert (await ada.sign_in("ada@example.com", made.body["password"])).status == 200
    assert (await admin.call("GET", f"/api/users/{made.body['user']['id']}")).body["password"] is None


async def test_the_last_administrator_stays(served: Served) -> None:
    admin = await served.admin()
    me = (await admin.call("GET", "/api/auth/me")).body["user"]["id"]
    for method, body in (("PATCH", {"role": "OPERATOR"}), ("PATCH", {"disabled": True}), ("DELETE", None)):
        reply = await admin.call(method, f"/api/users/{me}", body)
        assert (reply.status, reply.body["reason"]) == (409, "LAST_ADMIN")


async def test_two_administrators_cannot_remove_each_other_at_the_same_time(served: Served) -> None:
    admin = await served.admin()
    me = (await admin.call("GET", "/api/auth/me")).body["user"]["id"]
    other = (await _create(admin, role="ADMIN"))["id"]
    second = await served.browser()
    await second.sign_in("ada@example.com")
    replies = await asyncio.gather(
        admin.call("PATCH", f"/api/users/{other}", {"role": "OPERATOR"}),
        second.call("PATCH", f"/api/users/{me}", {"role": "OPERATOR"}),
    )
    assert 200 in [reply.status for reply in replies]
    assert any(reply.status != 200 for reply in replies)


async def test_disabling_a_user_ends_sessions_and_keys_at_once(served: Served) -> None:
    admin = await served.admin()
    user = await _create(admin)
    ada = await served.browser()
    await ada.sign_in("ada@example.com")
    key = (await ada.call("POST", "/api/api-keys", {"name": "k"})).body["key"]
    program = await served.browser()
    bearer = {"Authorization": f"Bearer {key}"}
    assert (await program.call("GET", "/api/auth/me", headers=bearer)).status == 200
    await admin.call("PATCH", f"/api/users/{user['id']}", {"disabled": True})
    assert (await ada.call("GET", "/api/auth/me")).status == 401
    assert (await program.call("GET", "/api/auth/me", headers=bearer)).status == 401


async def test_another_role_takes_permissions_from_existing_keys(served: Served) -> None:
    admin = await served.admin()
    user = await _create(admin, role="DEVELOPER")
    ada = await served.browser()
    await ada.sign_in("ada@example.com")
    key = (await ada.call("POST", "/api/api-keys", {"name": "k"})).body["key"]
    bearer = {"Authorization": f"Bearer {key}"}
    await admin.call("PATCH", f"/api/users/{user['id']}", {"role": "OPERATOR"})
    program = await served.browser()
    permissions = (await program.call("GET", "/api/auth/me", headers=bearer)).body["permissions"]
    assert "workflow:edit" not in permissions
    assert "workflow:view" in permissions


async def test_a_key_is_limited_to_its_scopes_and_shown_once(served: Served) -> None:
    admin = await served.admin()
    made = await admin.call("POST", "/api/api-keys", {"name": "reader", "scopes": ["workflow:view"]})
    assert made.body["key"].startswith("exk_")
    listed = (await admin.call("GET", "/api/api-keys")).body["items"][0]
    assert listed["hint"] == made.body["key"][:10]
    assert "key" not in listed
    program = await served.browser()
    bearer = {"Authorization": f"Bearer {made.body['key']}"}
    assert (await program.call("GET", "/api/workflows", headers=bearer)).status == 200
    refused = await program.call("GET", "/api/users", headers=bearer)
    assert (refused.status, refused.body["reason"]) == (403, "PERMISSION_MISSING")
    assert (await admin.call("GET", "/api/api-keys")).body["items"][0]["lastUsedAt"] is not None


async def test_nobody_gives_a_key_more_than_the_own_permissions(served: Served) -> None:
    operator = await served.user("OPERATOR")
    reply = await operator.call("POST", "/api/api-keys", {"name": "k", "scopes": ["workflow:view", "user:manage"]})
    assert (reply.status, reply.body["reason"]) == (422, "SCOPE_NOT_HELD")
    assert reply.body["errors"][0]["pointer"] == "/scopes/1"


async def test_a_revoked_or_expired_key_is_dead_at_once(served: Served) -> None:
    admin = await served.admin()
    made = (await admin.call("POST", "/api/api-keys", {"name": "k"})).body
    program = await served.browser()
    bearer = {"Authorization": f"Bearer {made['key']}"}
    assert (await program.call("GET", "/api/auth/me", headers=bearer)).status == 200
    assert (await admin.call("DELETE", f"/api/api-keys/{made['apiKey']['id']}")).status == 204
    assert (await program.call("GET", "/api/auth/me", headers=bearer)).status == 401
    past = await admin.call("POST", "/api/api-keys", {"name": "k", "expiresAt": "2020-01-01T00:00:00Z"})
    assert past.body["errors"][0]["pointer"] == "/expiresAt"


async def test_what_belongs_to_others_looks_like_nothing(served: Served) -> None:
    admin = await served.admin()
    made = (await admin.call("POST", "/api/api-keys", {"name": "k"})).body["apiKey"]
    operator = await served.user("OPERATOR")
    theirs = await operator.call("DELETE", f"/api/api-keys/{made['id']}")
    unknown = await operator.call("DELETE", f"/api/api-keys/{new_id()}")
    assert theirs.status == unknown.status == 404
    assert theirs.body["detail"] == unknown.body["detail"]
    assert (await operator.call("GET", f"/api/sessions?userId={made['userId']}")).status == 403


async def test_the_same_idempotency_key_makes_one_and_answers_the_same_secret(served: Served) -> None:
    admin = await served.admin()
    headers = {"Idempotency-Key": "7b0c8a3e-once"}
    first = await admin.call("POST", "/api/api-keys", {"name": "k"}, headers)
    again = await admin.call("POST", "/api/api-keys", {"name": "k"}, headers)
    assert first.status == again.status == 201
    assert first.content == again.content
    assert len((await admin.call("GET", "/api/api-keys")).body["items"]) == 1
    other = await admin.call("POST", "/api/api-keys", {"name": "another"}, headers)
    assert (other.status, other.body["reason"]) == (422, "IDEMPOTENCY_KEY_REUSED")


async def test_kept_answers_hold_no_readable_secret(served: Served, database: HubDatabase) -> None:
    admin = await served.admin()
    made = await admin.call("POST", "/api/api-keys", {"name": "k"}, {"Idempotency-Key": "abc"})
    connection = await asyncpg.connect(database.dsns["gateway"])
    row = await connection.fetchrow("SELECT key, response FROM identity.idempotency_key")
    await connection.close()
    assert made.body["key"].encode() not in row["response"]
    assert row["key"] != "abc"


async def test_lists_are_paged_by_cursor(served: Served) -> None:
    admin = await served.admin()
    for number in range(5):
        await admin.call("POST", "/api/api-keys", {"name": f"k{number}"})
    first = (await admin.call("GET", "/api/api-keys?limit=3")).body
    second = (await admin.call("GET", f"/api/api-keys?limit=3&cursor={first['nextCursor']}")).body
    assert [item["name"] for item in first["items"] + second["items"]] == ["k4", "k3", "k2", "k1", "k0"]
    assert second["nextCursor"] is None
    broken = await admin.call("GET", "/api/api-keys?cursor=nonsense")
    assert broken.status == 422


async def test_administrative_actions_reach_the_outbox_or_the_audit_service(
    served: Served, database: HubDatabase
) -> None:
    operator = await served.user("OPERATOR")
    await operator.call("GET", "/api/users")
    await operator.sign_in("operator@example.com", "not the password")

    def appended() -> set[str]:
        sent = [request for name, request in served.script.requests if name == "Append"]
        return {event.action for request in sent for event in request.events}

    wanted = {"login.succeeded", "user.created", "access.denied", "login.failed"}
    await eventually(lambda: wanted <= appended())

    async def is_empty() -> bool:
        return await _events(database) == []

    await eventually(is_empty)
