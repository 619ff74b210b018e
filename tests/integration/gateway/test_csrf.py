"""State-changing calls by cookie must prove that our own page made them."""

import pytest

from tests.integration.gateway.served import ADMIN, PASSWORD, Served


async def test_a_change_without_the_token_is_refused(served: Served) -> None:
    browser = await served.admin()
    browser.csrf = ""
    reply = await browser.call("POST", "/api/api-keys", {"name": "k"})
    assert (reply.status, reply.body["reason"]) == (403, "CSRF_REFUSED")


async def test_the_token_of_another_session_is_refused(served: Served) -> None:
    one, two = await served.admin(), await served.admin()
    one.csrf = two.csrf
    assert (await one.call("POST", "/api/api-keys", {"name": "k"})).status == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_page_of_another_site_is_refused_even_with_the_token(served: Served, headers: dict[str, str]) -> None:
    browser = await served.admin()
    reply = await browser.call("POST", "/api/api-keys", {"name": "k"}, headers)
    assert (reply.status, reply.body["reason"]) == (403, "CSRF_REFUSED")


async def test_our_own_page_is_let_in(served: Served) -> None:
    browser = await served.admin()
    headers = {"Origin": served.url, "Sec-Fetch-Site": "same-origin"}
    assert (await browser.call("POST", "/api/api-keys", {"name": "k"}, headers)).status == 201


async def test_another_site_cannot_sign_a_browser_in(served: Served) -> None:
    browser = await served.browser()
    body = {"email": ADMIN, "password": PASSWORD}
    reply = await browser.call("POST", "/api/auth/login", body, {"Origin": "https://evil.example"})
    assert reply.status == 403
    as_form = await browser.call("POST", "/api/auth/login", data=body)
    assert as_form.status == 415


async def test_reading_needs_no_token(served: Served) -> None:
    browser = await served.admin()
    browser.csrf = ""
    assert (await browser.call("GET", "/api/users")).status == 200


async def test_an_api_key_needs_no_token(served: Served) -> None:
    admin = await served.admin()
    made = await admin.call("POST", "/api/api-keys", {"name": "k"})
    program = await served.browser()
    bearer = {"Authorization": f"Bearer {made.body['key']}", "Origin": "https://anywhere.example"}
    assert (await program.call("POST", "/api/api-keys", {"name": "k2"}, bearer)).status == 201
