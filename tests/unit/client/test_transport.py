"""Requests over real HTTP: what is sent again and what is not, and what refusals become."""

import asyncio
from pathlib import Path
from time import monotonic

import pytest
from aiohttp import web

from services.client import (
    AddressError,
    ApiKey,
    AuthorityError,
    Changed,
    Conflict,
    Forbidden,
    Hub,
    HubFailed,
    Invalid,
    LicenceRefused,
    NotFound,
    NotSignedIn,
    Problem,
    RateLimited,
    SessionCookie,
    Unavailable,
    UnreachableError,
)
from services.client.transport import Request
from tests.unit.client.conftest import Server

AWAY = (503, {"detail": "The scheduler is away.", "reason": "UNAVAILABLE"}, {})


async def test_a_read_is_repeated_until_it_is_answered(server: Server, hub: Hub) -> None:
    server.answers = [None, AWAY, {"id": 1}]
    assert await hub.get("/things/1") == {"id": 1}
    assert len(server.asked) == 3


async def test_it_gives_up_in_the_end(server: Server, hub: Hub) -> None:
    server.answers = [AWAY]
    with pytest.raises(Unavailable, match="The scheduler is away"):
        await hub.get("/things/1")
    assert len(server.asked) == 3


async def test_a_creation_is_repeated_under_the_same_key(server: Server, hub: Hub) -> None:
    in_progress = (409, {"reason": "IDEMPOTENCY_IN_PROGRESS"}, {})
    server.answers = [None, in_progress, (201, {"id": 1}, {}), (201, {"id": 2}, {})]
    assert await hub.create("/things", {"name": "a"}) == {"id": 1}
    first, second, third = (headers["Idempotency-Key"] for headers in server.headers)
    assert first == second == third
    await hub.create("/things", {"name": "a"})
    assert server.headers[-1]["Idempotency-Key"] != first
    await hub.create("/things", {"name": "a"}, key="order-4711")
    assert server.headers[-1]["Idempotency-Key"] == "order-4711"


@pytest.mark.parametrize("answer", [None, AWAY])
async def test_an_action_that_may_have_been_done_is_not_repeated(server: Server, hub: Hub, answer: object) -> None:
    server.answers = [answer, {}]
    with pytest.raises((UnreachableError, Unavailable)):
        await hub.post("/runners/1/rotate-secret")
    server.answers = [answer, {}]
    with pytest.raises((UnreachableError, Unavailable)):
        await hub.put("/things/1", {}, if_match="1")
    assert len(server.asked) == 2


async def test_an_action_that_was_surely_not_begun_is_repeated(server: Server, hub: Hub) -> None:
    server.answers = [(429, {"reason": "RATE_LIMITED"}, {"Retry-After": "0"}), {"ok": True}]
    assert await hub.post("/runners/1/rotate-secret") == {"ok": True}


async def test_the_hub_says_how_long_to_wait(server: Server, hub: Hub) -> None:
    server.answers = [(429, {"reason": "RATE_LIMITED"}, {"Retry-After": "1"}), {}]
    started = monotonic()
    await hub.get("/things")
    assert 1.0 <= monotonic() - started < 10
    server.answers = [(429, {"reason": "RATE_LIMITED"}, {"Retry-After": "3600"})]
    with pytest.raises(RateLimited) as caught:
        await hub.get("/things")
    assert caught.value.retry_after == "3600"


async def test_all_attempts_together_take_no_longer_than_one_may(server: Server, hub: Hub) -> None:
    async def hang(_request: web.Request) -> web.Response:
        await asyncio.sleep(60)
        return web.Response()

    server.answers = [hang]
    started = monotonic()
    with pytest.raises(UnreachableError):
        await hub.call(Request(method="GET", path="/things", seconds=0.3))
    assert monotonic() - started < 5


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, NotSignedIn),
        (402, LicenceRefused),
        (403, Forbidden),
        (404, NotFound),
        (409, Conflict),
        (412, Changed),
        (413, Invalid),
        (422, Invalid),
        (500, HubFailed),
        (302, Problem),
    ],
)
async def test_a_refusal_is_an_exception_of_its_own(server: Server, hub: Hub, status: int, kind: type[Problem]) -> None:
    document = {
        "detail": "It cannot be.",
        "reason": "SOME_REASON",
        "requestId": "r-1",
        "errors": [{"pointer": "/n", "detail": "Give a number."}],
        "obstacles": ["busy"],
    }
    server.answers = [(status, document, {})]
    with pytest.raises(kind) as caught:
        await hub.post("/things")
    problem = caught.value
    assert (problem.status, problem.reason, problem.detail, problem.request_id) == (
        status,
        "SOME_REASON",
        "It cannot be.",
        "r-1",
    )
    assert (problem.errors[0].pointer, problem.document["obstacles"]) == ("/n", ["busy"])


@pytest.mark.parametrize("answer", [(502, "<html>", {}), (200, "<html>", {}), (500, {}, {}), (404, [1], {})])
async def test_what_is_no_hub_is_told_and_no_crash(server: Server, hub: Hub, answer: object) -> None:
    server.answers = [answer]
    with pytest.raises(Problem):
        await hub.post("/things")


async def test_credentials_go_where_they_belong(server: Server, hub: Hub) -> None:
    server.answers = [{}]
    await hub.get("/things", a=1, b=[1, 2], c=None, d="", e=True)
    assert server.headers[-1]["Authorization"] == "Bearer exk_test"
    assert server.asked[-1] == ("GET", "/api/things?a=1&b=1&b=2&e=true")
    session = SessionCookie("__Host-exekra", "s3cret", "c5rf")
    async with Hub(server.url, session) as other:
        await other.get("/things")
        assert "X-Exekra-Csrf" not in server.headers[-1]
        await other.put("/things/1", {}, if_match="1.2")
        headers = server.headers[-1]
    assert (headers["Cookie"], headers["X-Exekra-Csrf"], headers["If-Match"]) == (
        "__Host-exekra=s3cret",
        "c5rf",
        '"1.2"',
    )


async def test_a_list_is_fetched_page_after_page_and_no_further_than_wanted(server: Server, hub: Hub) -> None:
    pages = [{"items": [{"n": 1}, {"n": 2}], "nextCursor": "c1"}, {"items": [{"n": 3}], "nextCursor": None}]
    server.answers = [*pages]
    assert [item["n"] for item in await hub.items("/things")] == [1, 2, 3]
    assert server.asked[-1][1] == "/api/things?limit=200&cursor=c1"
    server.answers = [*pages]
    assert len(await hub.items("/things", 2)) == 2
    assert server.asked[-1][1] == "/api/things?limit=2"
    count = len(server.asked)
    assert await hub.items("/things", 0) == []
    assert len(server.asked) == count


async def test_nobody_there_is_told_apart_from_a_wrong_address() -> None:
    async with Hub("http://127.0.0.1:1", ApiKey("k")) as hub:
        with pytest.raises(UnreachableError) as caught:
            await hub.post("/things")
    assert caught.value.sent is False
    for url in ("hub.example", "ftp://hub.example", "https://", "http://[::1", "http://h:99999"):
        with pytest.raises(AddressError):
            Hub(url)
    with pytest.raises(AuthorityError):
        Hub("https://hub.example", authority="nonsense")


async def test_the_environment_says_where_and_who(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("EXEKRA_API_KEY", "EXEKRA_CA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("EXEKRA_URL", server.url)
    key = tmp_path / "key"
    key.write_text("exk_from_file\n")
    monkeypatch.setenv("EXEKRA_API_KEY_FILE", str(key))
    server.answers = [{}]
    async with Hub.from_environment() as hub:
        await hub.get("/things")
    assert server.headers[-1]["Authorization"] == "Bearer exk_from_file"
    monkeypatch.setenv("EXEKRA_CA", str(key))
    with pytest.raises(AuthorityError):
        Hub.from_environment()


async def test_a_client_outside_its_block_says_so(server: Server) -> None:
    with pytest.raises(RuntimeError, match="outside its block"):
        await Hub(server.url).get("/things")
