"""Signing in, sessions and lock-out over real HTTPS."""

from tests.integration.gateway.served import ADMIN, PASSWORD, Served


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
