"""What comes from outside is limited and named before anything else sees it: 4xx with a pointer, never 5xx."""

import asyncio
import io
import socket
import ssl
import warnings
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.gateway.settings import GatewaySettings
from services.kit.ids import new_id
from tests.conftest import HubDatabase
from tests.integration.gateway.served import Browser, Reply, Served, serving

JSON = {"Content-Type": "application/json"}


async def _post(browser: Browser, body: bytes, path: str = "/api/workflows") -> Reply:
    return await browser.call("POST", path, data=io.BytesIO(body), headers=JSON)


WRONG_MEMBERS = [
    (b'{"name":"a","colour":1}', "/colour"),
    (b'{"name":5}', "/name"),
    (b'{"description":"x"}', "/name"),
    (b'{"name":"a","graph":[]}', "/graph"),
    (b'{"name":"a","graph":{"b":{"k/1":1,"k/1":2}}}', "/graph/b/k~11"),
    (b'{"name":"a\\u0000b"}', "/name"),
    (b'{"name":"a","graph":{"x":["\\ud800"]}}', "/graph/x/0"),
    (b'{"name":"a","tags":["ok",""]}', "/tags/1"),
    (b'{"name":"a","tags":"ok"}', "/tags"),
]


async def test_a_wrong_member_is_named_by_pointer(served: Served) -> None:
    admin = await served.admin()
    for body, pointer in WRONG_MEMBERS:
        reply = await _post(admin, body)
        assert reply.status == 422, reply.body
        assert pointer in [error["pointer"] for error in reply.body["errors"]]


UNACCEPTABLE = [
    b"{",
    b"[]",
    b"nonsense",
    b'"text"',
    b'{"name":NaN}',
    b'{"name":"a","graph":{"x":Infinity}}',
    b'{"name":"a","graph":{"x":1e999}}',
    b'{"name":"a","graph":{"x":' + b"9" * 5000 + b"}}",
    b'{"name":"\xff"}',
    b"\xef\xbb\xbf{}",
    b'{"name":"a","graph":{"x":' + b"[" * 70 + b"]" * 70 + b"}}",
    b"[" * 100_000,
    b'{"a":' * 50_000,
]


async def test_unacceptable_json_is_422(served: Served) -> None:
    admin = await served.admin()
    for body in UNACCEPTABLE:
        reply = await _post(admin, body)
        assert reply.status == 422, reply.body
        assert reply.headers["Content-Type"].startswith("application/problem+json")


async def test_bodies_are_limited_and_graphs_may_be_larger(served: Served) -> None:
    admin = await served.admin()
    filler = b"x" * (1024 * 1024)
    assert (await _post(admin, b'{"email":"' + filler + b'"}', "/api/users")).status == 413
    assert (await _post(admin, b'{"name":"a","graph":{"n":"' + filler + b'"}}')).status == 201
    assert (await _post(admin, b'{"name":"a","graph":{"n":"' + filler * 4 + b'"}}')).status == 413

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield filler

    chunked = await admin.call("POST", "/api/users", data=endless(), headers=JSON)
    assert chunked.status == 413


async def test_other_media_types_are_415(served: Served) -> None:
    admin = await served.admin()
    reply = await admin.call("POST", "/api/workflows", data=b"name=a", headers={"Content-Type": "text/plain"})
    assert (reply.status, reply.body["reason"]) == (415, "MEDIA_TYPE_UNSUPPORTED")


WRONG_QUERIES = [
    ("limit=0", "/limit"),
    ("limit=201", "/limit"),
    ("limit=x", "/limit"),
    ("limit=1&limit=2", "/limit"),
    ("status=DONE", "/status/0"),
    ("workflowId=nonsense", "/workflowId"),
    ("from=2026-01-01T00:00:00", "/from"),
    ("to=0", "/to"),
    ("colour=red", "/colour"),
    ("q=%00", "/q"),
]


async def test_a_wrong_query_parameter_is_named(served: Served) -> None:
    admin = await served.admin()
    for query, pointer in WRONG_QUERIES:
        reply = await admin.call("GET", f"/api/executions?{query}")
        assert reply.status == 422, query
        assert reply.body["errors"][0]["pointer"] == pointer


NO_IDS = ["nonsense", "..%2f", "%00", "1", "0" * 36, "%ff"]


async def test_what_is_no_id_names_nothing(served: Served) -> None:
    admin = await served.admin()
    for name in NO_IDS:
        reply = await admin.call("GET", f"/api/workflows/{name}")
        assert reply.status == 404, name
        assert reply.body["status"] == 404


NO_VERSIONS = ["0", "x", "-1", "99999999999", "1.5", "٣"]


async def test_what_is_no_version_names_nothing(served: Served) -> None:
    admin = await served.admin()
    for version in NO_VERSIONS:
        reply = await admin.call("GET", f"/api/workflows/{new_id()}/versions/{version}")
        assert (reply.status, reply.body["reason"]) == (404, "VERSION_NOT_FOUND")


async def test_unknown_paths_and_methods_are_problems(served: Served) -> None:
    browser = await served.browser()
    lost = await browser.call("GET", "/api/nothing/here")
    assert (lost.status, lost.body["reason"]) == (404, "NOT_FOUND")
    wrong = await browser.call("PUT", "/api/executions")
    assert (wrong.status, wrong.body["reason"]) == (405, "METHOD_NOT_ALLOWED")
    assert wrong.headers["Allow"] == "GET,POST"
    nowhere = await browser.call("POST", "/api/hooks/token")
    assert nowhere.status == 404
    assert nowhere.body["requestId"] == nowhere.headers["X-Request-Id"]


async def test_values_of_another_json_type_are_not_bent_into_shape(served: Served) -> None:
    admin = await served.admin()
    for member, value in (("priority", "5"), ("priority", 5.5), ("draft", 1), ("draft", "yes"), ("notBefore", 0)):
        reply = await admin.call("POST", "/api/executions", {"workflowId": new_id(), member: value})
        assert (reply.status, reply.body["errors"][0]["pointer"]) == (422, f"/{member}"), value


async def test_odd_idempotency_keys_are_refused(served: Served) -> None:
    admin = await served.admin()
    reply = await admin.call("POST", "/api/workflows", {"name": "a"}, {"Idempotency-Key": "x" * 201})
    assert (reply.status, reply.body["reason"]) == (422, "IDEMPOTENCY_KEY_INVALID")


async def test_every_answer_carries_the_security_headers(served: Served) -> None:
    browser = await served.browser()
    for path in ("/", "/api/auth/me", "/api/nothing", "/healthz"):
        headers = (await browser.call("GET", path)).headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Server" not in headers
    named = await browser.call("GET", "/healthz", headers={"Host": "hub.example"})
    assert "max-age" in named.headers["Strict-Transport-Security"]


async def test_too_many_requests_are_429_with_the_time_to_wait(database: HubDatabase, folder: Path) -> None:
    async with serving(database.dsns["gateway"], folder, rate_anonymous=3, rate_login=2) as served:
        browser = await served.browser()
        replies = [await browser.call("GET", "/api/auth/me") for _ in range(4)]
        assert [reply.status for reply in replies] == [401, 401, 401, 429]
        assert replies[0].headers["RateLimit"].startswith('"anonymous";r=2;t=')
        assert replies[3].headers["Retry-After"] == "20"
        assert replies[3].headers["RateLimit"] == '"anonymous";r=0;t=60'
        assert replies[3].headers["RateLimit-Policy"] == '"anonymous";q=3;w=60'
        logins = [(await browser.sign_in()).status for _ in range(3)]
        assert logins == [200, 200, 429]
        assert (await browser.call("GET", "/healthz")).status == 200


async def test_every_answer_of_the_api_says_what_is_left(served: Served) -> None:
    browser, admin = await served.browser(), await served.admin()
    for client, method, path, policy in (
        (browser, "GET", "/api/workflows", "anonymous"),
        (browser, "GET", "/api/docs", "anonymous"),
        (browser, "GET", "/api/no/such/address", "anonymous"),
        (browser, "POST", "/api/auth/login", "login"),
        (admin, "GET", "/api/auth/me", "session"),
        (admin, "POST", "/api/workflows", "session"),
    ):
        headers = (await client.call(method, path)).headers
        assert headers["RateLimit-Policy"].startswith(f'"{policy}";q='), path
        assert headers["RateLimit"].startswith(f'"{policy}";r='), path


def test_the_limits_are_those_that_are_promised() -> None:
    settings = GatewaySettings()
    limits = (settings.rate_login, settings.rate_anonymous, settings.rate_session, settings.rate_api_key)
    assert limits == (10, 60, 1_200, 6_000)


async def test_a_port_that_is_taken_stops_the_start(served: Served, database: HubDatabase, folder: Path) -> None:
    port = int(served.url.rpartition(":")[2])
    (folder / "b").mkdir()
    with pytest.raises(OSError, match="address already in use"):
        async with serving(database.dsns["gateway"], folder / "b", https_port=port):
            pass


async def test_a_broken_head_is_400_and_leaves_no_traceback(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    port = int(served.url.rpartition(":")[2])
    context = ssl.create_default_context(cafile=str(served.authority))
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    writer.write(b"GET / HTTP/1.1\r\nHost: h\r\nX-A: \x00\r\n\r\n")
    answer = await reader.read()
    writer.close()
    assert answer.split()[1] == b"400"
    assert caplog.records == []


async def test_plain_http_and_old_tls_get_no_answer(served: Served) -> None:
    port = int(served.url.rpartition(":")[2])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1

    def dial() -> None:
        with socket.create_connection(("127.0.0.1", port), 5) as raw, context.wrap_socket(raw):
            pass

    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.to_thread(dial)
