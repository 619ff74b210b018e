"""Rate limits, client addresses, ranges, tokens and permissions: decisions without a socket."""

import time
from types import SimpleNamespace
from typing import Any

import pytest
from multidict import CIMultiDict

from services.gateway.identity.tokens import csrf_token, digest, hint_of, new_api_key, new_session_token
from services.gateway.live.feed import QUEUED, Change, Reader
from services.gateway.live.sse import format_event, parse_topics
from services.gateway.permissions import ROLES, permissions_of
from services.gateway.routes.evidence import Part, parse_range
from services.gateway.settings import GatewaySettings
from services.gateway.web.clients import Clients
from services.gateway.web.errors import HttpError
from services.gateway.web.rate_limits import CLIENTS_KEPT, RateLimitedError, RateLimits, network_of
from services.kit.errors import DomainError

ID = "01a20864-f613-7e9e-abb0-3ea4dbd07e07"


class Ticker:
    """Time as the test says."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_an_allowance_is_used_up_and_comes_back_with_time() -> None:
    ticker = Ticker()
    limits = RateLimits(GatewaySettings(rate_login=6), ticker)
    assert [limits.take("login", "a").remaining for _ in range(6)] == [5, 4, 3, 2, 1, 0]
    with pytest.raises(DomainError) as refused:
        limits.take("login", "a")
    assert refused.value.facts == {"retryAfterSeconds": 10}
    ticker.now += 10
    assert limits.take("login", "a").remaining == 0
    ticker.now += 3600
    assert limits.take("login", "a").remaining == 5


def test_clients_and_policies_are_counted_apart() -> None:
    limits = RateLimits(GatewaySettings(rate_login=1, rate_anonymous=1), Ticker())
    for policy, client in (("login", "a"), ("login", "b"), ("anonymous", "a")):
        limits.take(policy, client)


def test_memory_for_clients_is_bounded() -> None:
    ticker = Ticker()
    limits = RateLimits(GatewaySettings(rate_anonymous=2), ticker)
    for number in range(CLIENTS_KEPT + 10):
        limits.take("anonymous", str(number))
    assert len(limits._buckets) <= CLIENTS_KEPT


def test_a_flood_of_new_clients_does_not_look_through_all_of_them_each_time() -> None:
    ticker = Ticker()
    limits = RateLimits(GatewaySettings(rate_anonymous=2), ticker)
    for number in range(CLIENTS_KEPT):
        limits.take("anonymous", str(number))
    started = time.perf_counter()
    for number in range(CLIENTS_KEPT, CLIENTS_KEPT + 2_000):
        limits.take("anonymous", str(number))
    assert time.perf_counter() - started < 5
    assert len(limits._buckets) == CLIENTS_KEPT


def test_one_subscriber_of_ipv6_is_one_client() -> None:
    assert network_of("2001:db8:1:2:3::4") == network_of("2001:db8:1:2:ffff::1")
    assert network_of("2001:db8:1:2::1") != network_of("2001:db8:1:3::1")
    assert network_of("::ffff:192.0.2.7") == network_of("192.0.2.7")


def test_a_refusal_says_what_is_left_and_when_too() -> None:
    limits = RateLimits(GatewaySettings(rate_login=1), Ticker())
    limits.take("login", "a")
    with pytest.raises(RateLimitedError) as refused:
        limits.take("login", "a")
    assert refused.value.allowance.headers() == {
        "RateLimit-Policy": '"login";q=1;w=60',
        "RateLimit": '"login";r=0;t=60',
    }


def _request(peer: str, **headers: str) -> Any:
    transport = SimpleNamespace(get_extra_info=lambda _: (peer, 1))
    named = CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()})
    return SimpleNamespace(transport=transport, headers=named, host=named.get("Host", "hub:4545"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "seen"),
    [
        ("198.51.100.1", "203.0.113.9", "198.51.100.1"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "6.6.6.6, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9, nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.3", "10.0.0.3"),
        ("fe80::1%eth0", "203.0.113.9", "fe80::1"),
    ],
)
def test_only_trusted_proxies_name_the_client(peer: str, forwarded: str, seen: str) -> None:
    clients = Clients(GatewaySettings(trusted_proxies="10.0.0.0/8").trusted_proxies, "")
    assert clients.ip(_request(peer, X_Forwarded_For=forwarded)) == seen


def test_our_own_origin_is_https_and_the_same_host_and_port() -> None:
    clients = Clients((), "https://rpa.example")
    request = _request("127.0.0.1", Host="hub:4545", X_Forwarded_Host="evil.example")
    assert clients.is_own_origin(request, "https://hub:4545")
    assert clients.is_own_origin(request, "https://rpa.example")
    for origin in ("http://hub:4545", "https://hub", "https://evil.example", "null", "", "https://"):
        assert not clients.is_own_origin(request, origin)


@pytest.mark.parametrize(
    ("public", "host", "name"),
    [
        ("https://rpa.example:8443", "x", "rpa.example"),
        ("", "127.0.0.1:4545", "127.0.0.1"),
        ("", "[::1]:4545", "[::1]"),
        ("", "hub", "hub"),
    ],
)
def test_the_public_host_has_no_port(public: str, host: str, name: str) -> None:
    assert Clients((), public).public_host(_request("127.0.0.1", Host=host)) == name


def test_ranges_are_cut_to_the_size() -> None:
    assert parse_range("bytes=2-99", 10) == Part(2, 9)
    assert parse_range("bytes=-3", 10) == Part(7, 9)
    assert parse_range("bytes=-30", 10) == Part(0, 9)
    assert parse_range("", 10) is None
    for header, size in (("bytes=10-", 10), ("bytes=0-", 0), ("bytes=-0", 10), ("bytes=-5", 0)):
        with pytest.raises(HttpError):
            parse_range(header, size)


def test_topics_are_words_we_know() -> None:
    assert parse_topics(f"executions, runners,execution:{ID}") == {"executions", "runners", f"execution:{ID}"}
    for text in (
        "",
        "executions:1",
        "execution:",
        "runner",
        ",".join(f"execution:{ID[:-2]}{n}" for n in range(10, 40)),
    ):
        with pytest.raises(DomainError):
            parse_topics(text)


def test_an_event_stays_on_its_lines() -> None:
    text = format_event(Change("executions", "execution.changed", '{"a":\n1}', "7"))
    assert text == (
        'id: 7\nevent: execution.changed\ndata: {"topic":"executions","kind":"execution.changed","payload":{"a":1}}\n\n'
    )


async def test_a_reader_that_lags_too_far_is_cut() -> None:
    reader = Reader("")
    for number in range(QUEUED + 1):
        reader.push(Change("executions", "k", "null", str(number)))
    assert await reader.next() is None
    assert await reader.next() is None


def test_tokens_are_long_and_the_csrf_token_is_bound_to_the_session() -> None:
    token, key = new_session_token(), new_api_key()
    assert len(token) == 43
    assert key.startswith("exk_")
    assert len(key) == 47
    assert hint_of(key) == key[:10]
    assert len(digest(token)) == 32
    assert csrf_token(token) != csrf_token(new_session_token())


def test_scopes_only_take_away() -> None:
    assert permissions_of("OPERATOR", frozenset({"workflow:view", "user:manage"})) == {"workflow:view"}
    assert permissions_of("ADMIN") == ROLES["ADMIN"]
