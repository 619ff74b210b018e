"""Lists that services cut into pages, in each of the ways they do."""

import json

import pytest
from aiohttp import web

ROWS = [{"id": number} for number in range(7)]


def cut(begin: int, size: int = 3):
    return ROWS[begin : begin + size]


async def test_links_in_the_header_are_followed_to_the_last_page(place, server):
    async def answer(request):
        begin = int(request.query.get("from", 0))
        links = ['</first>; rel="first"', f'<?from={begin + 3}&size=3>; rel="prefetch next"; title="a, b"']
        headers = {"Link": ", ".join(links if begin + 3 < len(ROWS) else links[:1])}
        return web.json_response(cut(begin), headers=headers)

    server.answer = answer
    output = await place.run(
        "http.request", url=f"{server.url}/rows", query={"size": 3}, pagination={"type": "link", "maxPages": 3}
    )
    assert output["items"] == ROWS
    assert (output["count"], output["pages"], output["complete"], output["status"]) == (7, 3, True, 200)
    assert output["url"] == f"{server.url}/rows?from=6&size=3"
    assert "json" not in output


@pytest.mark.parametrize("send_as", ["query", "body", "url"])
async def test_a_cursor_of_the_body_is_sent_as_the_service_wants_it(place, server, send_as):
    async def answer(request):
        sent = (await request.json()).get("after") if send_as == "body" else request.query.get("after")
        begin = int(sent or 0)
        after = str(begin + 3) if begin + 3 < len(ROWS) else None
        following = after and f"/rows?after={after}" if send_as == "url" else after
        return web.json_response({"data": {"rows": cut(begin)}, "meta": {"next": following}})

    server.answer = answer
    body = {"type": "json", "value": {"size": 3}} if send_as == "body" else {"type": "none"}
    paging = {"type": "cursor", "items": "data.rows", "cursor": "meta.next", "sendAs": send_as, "name": "after"}
    output = await place.run("http.request", method="POST", url=f"{server.url}/rows", body=body, pagination=paging)
    assert (output["items"], output["pages"]) == (ROWS, 3)
    if send_as == "body":
        assert [json.loads(asked.body) for asked in server.asked] == [
            {"size": 3},
            {"size": 3, "after": "3"},
            {"size": 3, "after": "6"},
        ]


async def test_a_cursor_of_a_header_ends_where_the_header_is_missing(place, server):
    async def answer(request):
        begin = int(request.query.get("cursor", 0))
        headers = {"X-Next": str(begin + 3)} if begin + 3 < len(ROWS) else {}
        return web.json_response(cut(begin), headers=headers)

    server.answer = answer
    paging = {"type": "cursor", "cursor": "X-Next", "cursorIn": "header"}
    assert (await place.run("http.request", url=server.url, pagination=paging))["items"] == ROWS


@pytest.mark.parametrize(
    ("paging", "asked"),
    [
        ({"begin": 0, "step": 3, "name": "offset"}, ["0", "3", "6", "9"]),
        ({"begin": 0, "step": 3, "name": "offset", "pageSize": 3}, ["0", "3", "6"]),
    ],
)
async def test_numbered_pages_end_at_an_empty_or_a_short_one(place, server, paging, asked):
    async def answer(request):
        return web.json_response(cut(int(request.query["offset"])))

    server.answer = answer
    url = f"{server.url}/?offset=99&a=1"
    output = await place.run("http.request", url=url, pagination={"type": "number", **paging})
    assert output["items"] == ROWS
    assert [dict(each.query) for each in server.asked] == [{"a": "1", "offset": offset} for offset in asked]


async def test_an_answer_without_content_is_an_empty_page(place, server):
    server.answers(status=204)
    output = await place.run("http.request", url=server.url, pagination={"type": "number"})
    assert (output["items"], output["pages"], output["complete"]) == ([], 1, True)


async def endless(request):
    page = int(request.query["page"])
    return web.json_response([{"id": page}])


@pytest.mark.parametrize("limit", [{"maxPages": 2}, {"maxItems": 2}])
async def test_more_than_was_allowed_is_a_failure_or_is_said(place, server, limit):
    server.answer = endless
    paging = {"type": "number", **limit}
    failure = await place.fail("http.request", url=server.url, pagination=paging)
    assert (failure.code, failure.retryable) == ("HTTP_TOO_MANY_PAGES", False)
    output = await place.run("http.request", url=server.url, pagination={**paging, "atLimit": "stop"})
    assert (output["count"], output["complete"]) == (2, False)


async def test_exactly_as_many_pages_as_allowed_are_complete(place, server):
    async def two(request):
        return web.json_response([1] if int(request.query["page"]) < 3 else [])

    server.answer = two
    paging = {"type": "number", "maxPages": 3, "maxItems": 2}
    output = await place.run("http.request", url=server.url, pagination=paging)
    assert (output["items"], output["complete"]) == ([1, 1], True)


async def test_all_pages_together_keep_the_largest_answer(place, server):
    server.answer = endless
    failure = await place.fail("http.request", url=server.url, maxBytes=40, pagination={"type": "number"})
    assert failure.code == "HTTP_TOO_LARGE"
    assert "40 bytes" in failure.message


async def test_a_service_that_names_a_page_twice_is_not_asked_for_ever(place, server):
    server.answers(text='{"rows": [1], "next": "a"}', content_type="application/json")
    paging = {"type": "cursor", "items": "rows", "cursor": "next"}
    assert (await place.fail("http.request", url=server.url, pagination=paging)).code == "HTTP_PAGES_REPEAT"
    assert len(server.asked) == 2


async def test_the_next_page_on_another_server_gets_neither_request_nor_key(place, server, other_server):
    server.answers(text="[1]", content_type="application/json", headers={"Link": f'<{other_server.url}/>; rel="next"'})
    failure = await place.fail(
        "http.request", url=server.url, auth={"type": "bearer", "token": "secret"}, pagination={"type": "link"}
    )
    assert failure.code == "HTTP_PAGE_ELSEWHERE"
    assert other_server.asked == []


async def test_a_key_in_the_query_stands_there_once_when_links_repeat_it(place, server):
    async def answer(request):
        headers = {} if "page" in request.query else {"Link": f"<{request.url}&page=2>; rel=next"}
        return web.json_response([1], headers=headers)

    server.answer = answer
    auth = {"type": "apiKey", "name": "key", "key": "secret", "place": "query"}
    await place.run("http.request", url=server.url, auth=auth, pagination={"type": "link"})
    assert sorted(server.asked[1].query) == [("key", "secret"), ("page", "2")]


@pytest.mark.parametrize(
    ("answer", "paging"),
    [
        ('{"rows": 1}', {"type": "link", "items": "rows"}),
        ("[]", {"type": "link", "items": "rows"}),
        ('{"rows": [], "next": {}}', {"type": "cursor", "items": "rows", "cursor": "next"}),
        ('{"rows": [], "next": "http://["}', {"type": "cursor", "items": "rows", "cursor": "next", "sendAs": "url"}),
    ],
)
async def test_an_answer_that_is_cut_otherwise_says_what_to_check(place, server, answer, paging):
    server.answers(text=answer, content_type="application/json")
    failure = await place.fail("http.request", url=server.url, pagination=paging)
    assert (failure.code, failure.retryable) == ("HTTP_PAGE_UNREADABLE", False)


async def test_a_page_that_fails_is_a_failure_of_the_whole(place, server):
    async def answer(request):
        if request.query["page"] == "2":
            raise web.HTTPServiceUnavailable
        return web.json_response([1])

    server.answer = answer
    failure = await place.fail("http.request", url=server.url, pagination={"type": "number"})
    assert (failure.code, failure.retryable) == ("HTTP_STATUS", True)


@pytest.mark.parametrize(
    "config",
    [
        {"pagination": {"type": "link"}, "saveTo": "a"},
        {"pagination": {"type": "link"}, "readAs": "text"},
        {"pagination": {"type": "number", "sendAs": "body"}},
        {"pagination": {"type": "link", "items": "rows["}},
        {"pagination": {"type": "cursor", "cursor": "]"}},
    ],
)
async def test_configs_that_contradict_themselves_are_refused(place, config):
    with pytest.raises(ValueError, match=r"pages|JSON|JMESPath"):
        await place.run("http.request", url="http://127.0.0.1", **config)
