import asyncio
import base64
import hashlib
import json

import pytest
from aiohttp import web

from services.launcher.ports import free_port


async def test_an_answer_in_json_is_decoded_with_status_headers_and_final_address(place, server):
    server.answers(
        text='{"rates": [1, 1.0, null]}', content_type="application/problem+json", headers={"X-Total-Count": "3"}
    )
    output = await place.run("http.request", url=f"{server.url}/rates")
    assert output["json"] == {"rates": [1, 1.0, None]}
    assert (output["status"], output["text"], output["url"]) == (200, None, f"{server.url}/rates")
    assert output["headers"]["x-total-count"] == "3"


async def test_query_headers_and_bearer_token_are_sent(place, server):
    await place.run(
        "http.request",
        url=f"{server.url}/a?first=1",
        query={"q": "a b&c=ü", "n": 2, "yes": True, "many": ["x", "y"], "none": None},
        headers={"X-Own": "1", "User-Agent": "mine"},
        auth={"type": "bearer", "token": "secret"},
    )
    asked = server.asked[0]
    assert asked.query == [("first", "1"), ("q", "a b&c=ü"), ("n", "2"), ("yes", "true"), ("many", "x"), ("many", "y")]
    assert (asked.headers["x-own"], asked.headers["user-agent"]) == ("1", "mine")
    assert asked.headers["authorization"] == "Bearer secret"


async def test_basic_authentication_is_sent_as_utf_8(place, server):
    await place.run("http.request", url=server.url, auth={"type": "basic", "username": "ü", "password": "p:w"})
    assert base64.b64decode(server.asked[0].headers["authorization"].removeprefix("Basic ")).decode() == "ü:p:w"


async def test_a_key_is_sent_in_a_header_or_in_the_query(place, server):
    await place.run("http.request", url=server.url, auth={"type": "apiKey", "key": "geheim"})
    assert server.asked[0].headers["x-api-key"] == "geheim"
    await place.run(
        "http.request", url=f"{server.url}/?a=1", auth={"type": "apiKey", "name": "key", "key": "g&h", "place": "query"}
    )
    assert server.asked[1].query == [("a", "1"), ("key", "g&h")]
    with pytest.raises(ValueError, match="key"):
        await place.run("http.request", url=server.url, auth={"type": "apiKey", "key": "a\r\nX: 1"})


@pytest.mark.parametrize(
    ("body", "content_type", "sent"),
    [
        ({"type": "json", "value": {"a": ["{{ x }}", None]}}, "application/json", b'{"a": ["{{ x }}", null]}'),
        ({"type": "text", "text": "ü", "contentType": "text/xml"}, "text/xml; charset=utf-8", "ü".encode()),
        ({"type": "form", "fields": {"a": "1 ", "b": ["x", 2]}}, "application/x-www-form-urlencoded", b"a=1+&b=x&b=2"),
        ({"type": "none"}, None, b""),
    ],
)  # fmt: skip
async def test_bodies_are_sent_as_their_kind(place, server, body, content_type, sent):
    await place.run("http.request", method="POST", url=server.url, body=body)
    asked = server.asked[0]
    assert (asked.method, asked.body) == ("POST", sent)
    if content_type is not None:
        assert asked.headers["content-type"] == content_type


@pytest.mark.parametrize(
    ("status", "retryable"), [(500, True), (503, True), (429, True), (408, True), (404, False), (400, False)]
)
async def test_a_status_that_was_not_expected_is_a_failure_with_the_beginning_of_the_answer(
    place, server, status, retryable
):
    server.answers(status=status, text="no\n such   thing", headers={"Retry-After": "7"})
    failure = await place.fail("http.request", url=f"{server.url}/a?key=secret")
    assert (failure.code, failure.retryable, failure.details["status"]) == ("HTTP_STATUS", retryable, status)
    assert failure.details["retryAfter"] == "7"
    assert "no such thing" in failure.message
    assert "secret" not in failure.message


async def test_expected_statuses_are_numbers_and_ranges(place, server):
    server.answers(status=404, text="gone")
    assert (await place.run("http.request", url=server.url, expectedStatus="200-299, 404"))["text"] == "gone"
    with pytest.raises(ValueError, match="200-299"):
        await place.run("http.request", url=server.url, expectedStatus="2xx")


async def test_a_server_that_is_silent_is_a_retryable_timeout(place, server):
    async def silent(_):
        await asyncio.Event().wait()

    server.answer = silent
    failure = await place.fail("http.request", url=server.url, timeoutSeconds=0.2)
    assert (failure.code, failure.retryable) == ("HTTP_TIMEOUT", True)


async def test_a_body_that_never_ends_is_a_timeout_as_well_and_leaves_no_file(place, server):
    async def endless(request):
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"beginning")
        await asyncio.Event().wait()

    server.answer = endless
    failure = await place.fail("http.request", url=server.url, timeoutSeconds=0.3, saveTo="a.bin")
    assert (failure.code, failure.retryable) == ("HTTP_TIMEOUT", True)
    assert place.names() == []


async def test_nobody_listening_and_a_cut_connection_are_retryable(place, server):
    failure = await place.fail("http.request", url=f"http://127.0.0.1:{free_port()}")
    assert (failure.code, failure.retryable) == ("HTTP_UNREACHABLE", True)

    async def cut(request):
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"half")
        request.transport.close()
        return response

    server.answer = cut
    for config in ({}, {"saveTo": "a.bin"}):
        failure = await place.fail("http.request", url=server.url, **config)
        assert (failure.code, failure.retryable) == ("HTTP_CONNECTION_LOST", True)
    assert place.names() == []


async def test_redirects_are_followed_or_not_and_never_for_ever(place, server):
    async def redirect(request):
        if request.path == "/there":
            return web.json_response({"ok": True})
        raise web.HTTPFound("/there" if request.path == "/here" else "/again")

    server.answer = redirect
    assert (await place.run("http.request", url=f"{server.url}/here"))["url"] == f"{server.url}/there"
    output = await place.run("http.request", url=f"{server.url}/here", followRedirects=False, expectedStatus="302")
    assert output["headers"]["location"] == "/there"
    assert (await place.fail("http.request", url=f"{server.url}/again")).code == "HTTP_REDIRECTS"


async def test_a_redirect_to_another_server_does_not_carry_the_token(place, server, other_server):
    server.answers(status=302, headers={"Location": f"{other_server.url}/"})
    await place.run("http.request", url=server.url, auth={"type": "bearer", "token": "secret"})
    assert "authorization" not in other_server.asked[0].headers


async def test_a_redirect_to_another_server_does_not_carry_the_key(place, server, other_server):
    server.answers(status=302, headers={"Location": f"{other_server.url}/"})
    for where in ("header", "query"):
        await place.run("http.request", url=server.url, auth={"type": "apiKey", "key": "geheim", "place": where})
    assert [("x-api-key" in asked.headers, asked.query) for asked in other_server.asked] == [(False, []), (False, [])]


async def test_a_redirect_to_another_server_carries_no_header_that_may_be_a_key(place, server, other_server):
    server.answers(status=302, headers={"Location": f"{other_server.url}/"})
    await place.run("http.request", url=server.url, headers={"X-Shop-Token": "geheim", "Accept": "text/csv"})
    assert "x-shop-token" in server.asked[0].headers
    assert "x-shop-token" not in other_server.asked[0].headers
    assert other_server.asked[0].headers["accept"] == "text/csv"


async def test_an_answer_can_be_saved_to_a_file(place, server):
    data = bytes(range(256)) * 4000
    server.answers(body=data, content_type="application/pdf")
    output = await place.run("http.request", url=server.url, saveTo="in/a.pdf")
    path = place.workdir / "in/a.pdf"
    assert path.read_bytes() == data
    assert output["file"] == {
        "path": str(path),
        "name": "a.pdf",
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    assert "text" not in output


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("config", [{}, {"saveTo": "a.bin"}])
async def test_an_answer_above_the_limit_is_refused_whether_it_was_announced_or_not(place, server, announced, config):
    async def large(request):
        response = web.StreamResponse(headers={"Content-Length": "2000"} if announced else {})
        await response.prepare(request)
        await response.write(b"x" * 2000)
        return response

    server.answer = large
    failure = await place.fail("http.request", url=server.url, maxBytes=1999, **config)
    assert failure.code == "HTTP_TOO_LARGE"
    assert place.names() == []


async def test_a_packed_answer_counts_unpacked(place, server):
    async def packed(_):
        response = web.Response(body=b"\0" * 1_000_000)
        response.enable_compression()
        return response

    server.answer = packed
    assert (await place.fail("http.request", url=server.url, maxBytes=999_999)).code == "HTTP_TOO_LARGE"


@pytest.mark.parametrize(
    ("response", "config", "code"),
    [
        ({"text": "{", "content_type": "application/json"}, {}, "HTTP_INVALID_JSON"),
        ({"text": "hello"}, {"readAs": "json"}, "HTTP_INVALID_JSON"),
        ({"body": b"\xff\xfe\x00", "content_type": "image/png"}, {}, "HTTP_NOT_TEXT"),
    ],
)
async def test_what_cannot_be_read_as_asked_says_how_to_read_it(place, server, response, config, code):
    server.answers(**response)
    assert (await place.fail("http.request", url=server.url, **config)).code == code


async def test_texts_are_decoded_by_their_charset_and_an_empty_answer_is_an_empty_text(place, server):
    server.answers(body="Grüezi".encode("latin1"), headers={"Content-Type": "text/plain; charset=iso-8859-1"})
    assert (await place.run("http.request", url=server.url))["text"] == "Grüezi"
    server.answers(body=b"", content_type="application/json")
    output = await place.run("http.request", url=server.url)
    assert (output["json"], output["text"]) == (None, "")
    server.answers(text=json.dumps({"a": 1}), content_type="application/json")
    assert (await place.run("http.request", url=server.url, readAs="text"))["text"] == '{"a": 1}'
    assert (await place.run("http.request", url=server.url, method="HEAD"))["text"] == ""


@pytest.mark.parametrize(
    "url", ["example.com", "ftp://example.com", "file:///etc/passwd", "http://", "http://[", "http://a:99999"]
)
async def test_what_is_no_web_address_is_refused(place, url):
    assert (await place.fail("http.request", url=url)).code == "HTTP_INVALID_URL"


@pytest.mark.parametrize("headers", [{"X-A": "1\r\nX-B: 2"}, {"X A": "1"}, {"": "1"}])
async def test_headers_that_would_smuggle_others_are_refused(place, headers):
    with pytest.raises(ValueError, match="no header"):
        await place.run("http.request", url="http://127.0.0.1", headers=headers)


async def test_a_proxy_is_asked_instead_of_the_server(place, server):
    await place.run("http.request", url="http://example.invalid/rates", proxy=server.url)
    assert (server.asked[0].path, server.asked[0].headers["host"]) == ("/rates", "example.invalid")
    with pytest.raises(ValueError, match="proxy"):
        await place.run("http.request", url="http://example.invalid", proxy="proxy:3128")
