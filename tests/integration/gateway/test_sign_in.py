"""Signing in, lock-out, sessions and their end, over real HTTPS."""

import asyncio
from pathlib import Path

import asyncpg

from tests.conftest import HubDatabase
from tests.integration.gateway.served import ADMIN, PASSWORD, Browser, Served, eventually, serving


async def test_a_person_signs_in_and_learns_permissions_and_csrf_token(served: Served) -> None:
    browser = await served.browser()
    reply = await browser.sign_in()
    assert reply.status == 200
    assert reply.body["user"]["email"] == ADMIN
    assert "user:manage" in reply.body["permissions"]
    cookie = reply.headers["Set-Cookie"]
    assert cookie.startswith("__Host-exekra-")
    for attribute in ("HttpOnly", "Secure", "SameSite=Lax", "Path=/"):
        assert attribute in cookie
    me = await browser.call("GET", "/api/auth/me")
    assert me.body["csrfToken"] == browser.csrf


async def test_unknown_user_and_wrong_password_answer_alike(served: Served) -> None:
    browser = await served.browser()
    wrong = await browser.sign_in(password="not the password")
    unknown = await browser.sign_in(email="nobody@example.com")
    assert wrong.status == unknown.status == 401
    assert {**wrong.body, "requestId": ""} == {**unknown.body, "requestId": ""}
    assert wrong.body["reason"] == "CREDENTIALS_WRONG"


async def test_the_address_is_locked_after_five_failures_even_for_the_right_password(served: Served) -> None:
    browser = await served.browser()
    for _ in range(5):
        assert (await browser.sign_in(password="not the password")).status == 401
    locked = await browser.sign_in()
    assert locked.status == 429
    assert locked.body["reason"] == "LOGIN_LOCKED"
    assert 0 < int(locked.headers["Retry-After"]) <= 16


async def test_unknown_addresses_are_locked_like_known_ones(served: Served) -> None:
    browser = await served.browser()
    statuses = [(await browser.sign_in(email="nobody@example.com")).status for _ in range(6)]
    assert statuses == [401] * 5 + [429]


async def test_guesses_in_parallel_get_no_more_than_five_tries(served: Served) -> None:
    browser = await served.browser()
    replies = await asyncio.gather(*(browser.sign_in(password=f"wrong guess {n}") for n in range(12)))
    assert sum(reply.status == 401 for reply in replies) == 5
    assert {reply.status for reply in replies} == {401, 429}


async def test_an_administrator_unlocks(served: Served) -> None:
    admin = await served.admin()
    created = await admin.call("POST", "/api/users", {"email": "ada@example.com", "password": PASSWORD})
    user_id = created.body["user"]["id"]
    ada = await served.browser()
    for _ in range(6):
        await ada.sign_in("ada@example.com", "not the password")
    assert (await admin.call("GET", f"/api/users/{user_id}")).body["user"]["locked"]
    unlocked = await admin.call("POST", f"/api/users/{user_id}/unlock")
    assert not unlocked.body["user"]["locked"]
    assert (await ada.sign_in("ada@example.com")).status == 200


async def test_signing_in_again_ends_the_older_session_of_the_browser(served: Served) -> None:
    browser = await served.browser()
    first = await browser.sign_in()
    old = first.headers["Set-Cookie"].partition(";")[0]
    await browser.sign_in()
    stranger = await served.browser()
    assert (await stranger.call("GET", "/api/auth/me", headers={"Cookie": old})).status == 401


async def test_sessions_are_listed_and_ended_at_once(served: Served) -> None:
    one, two = await served.admin(), await served.admin()
    sessions = (await one.call("GET", "/api/sessions")).body["items"]
    assert [session["current"] for session in sessions] == [False, True]
    other = next(session for session in sessions if not session["current"])
    assert (await two.call("GET", "/api/auth/me")).status == 200
    assert (await one.call("DELETE", f"/api/sessions/{other['id']}")).status == 204
    assert (await two.call("GET", "/api/auth/me")).status == 401
    again = await one.call("DELETE", f"/api/sessions/{other['id']}")
    assert (again.status, again.body["reason"]) == (404, "SESSION_NOT_FOUND")


async def test_another_gateway_process_hears_of_a_revocation(database: HubDatabase, folder: Path) -> None:
    (folder / "a").mkdir()
    (folder / "b").mkdir()
    dsn = database.dsns["gateway"]
    async with serving(dsn, folder / "a") as one, serving(dsn, folder / "b") as two:
        here = await one.admin()
        there = await two.browser()
        session = (await here.call("GET", "/api/sessions")).body["items"][0]
        cookie = "; ".join(f"{item.key}={item.value}" for item in here.session.cookie_jar)
        assert (await there.call("GET", "/api/auth/me", headers={"Cookie": cookie})).status == 200
        await here.call("DELETE", f"/api/sessions/{session['id']}")

        async def is_over() -> bool:
            return (await there.call("GET", "/api/auth/me", headers={"Cookie": cookie})).status == 401

        await eventually(is_over)


async def test_a_session_ends_when_it_idles(database: HubDatabase, folder: Path) -> None:
    async with serving(database.dsns["gateway"], folder, session_idle_seconds=1800) as served:
        browser = await served.admin()
        assert (await browser.call("GET", "/api/auth/me")).status == 200
        aged = "UPDATE identity.session SET last_seen_at = now() - interval '31 minutes'"
        connection = await asyncpg.connect(database.admin_dsn)
        await connection.execute(aged)
        await connection.close()
        await eventually(lambda: _is_over(browser))


async def _is_over(browser: Browser) -> bool:
    return (await browser.call("GET", "/api/auth/me")).status == 401


async def test_signing_out_ends_the_session_and_the_cookie(served: Served) -> None:
    browser = await served.admin()
    reply = await browser.call("POST", "/api/auth/logout")
    assert reply.status == 204
    assert "Max-Age=0" in reply.headers["Set-Cookie"]
    assert (await browser.call("GET", "/api/auth/me")).status == 401


async def test_a_person_changes_the_own_password_and_signs_in_again(served: Served) -> None:
    browser = await served.user("OPERATOR")
    wrong = await browser.call(
        "POST", "/api/auth/password", {"currentPassword": "x", "newPassword": "another long one"}
    )
    assert wrong.status == 401
    body = {"currentPassword": PASSWORD, "newPassword": "another long one"}
    assert (await browser.call("POST", "/api/auth/password", body)).status == 204
    assert (await browser.call("GET", "/api/auth/me")).status == 401
    assert (await browser.sign_in("operator@example.com", "another long one")).status == 200


async def test_the_first_administrator_is_made_once(database: HubDatabase, folder: Path) -> None:
    dsn = database.dsns["gateway"]
    async with serving(dsn, folder) as served:
        await served.admin()
    async with serving(dsn, folder, admin_password="some other password") as served:
        assert (await (await served.browser()).sign_in()).status == 200


async def test_a_password_that_was_not_given_is_kept_private_in_the_data_folder(
    database: HubDatabase, folder: Path
) -> None:
    async with serving(database.dsns["gateway"], folder, admin_password="") as served:
        kept = folder / "admin-password"
        assert kept.stat().st_mode & 0o777 == 0o600
        assert (await (await served.browser()).sign_in(password=kept.read_text().strip())).status == 200
