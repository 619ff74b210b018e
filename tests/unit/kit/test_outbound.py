"""The guard of outgoing HTTP: which addresses pass, and that the socket goes where the check looked."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest

from services.kit import outbound
from services.kit.outbound import AddressPolicy, AddressRefused, Outbound

EVERYTHING = AddressPolicy.parse("*")
PRIVATE = (
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1%eth0",
    "fc00::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "ff02::1",
)

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def talking(talk: Talk) -> AsyncIterator[int]:
    """The port of a server on 127.0.0.1."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await talk(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client had heard enough
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello")
    await writer.drain()


async def get(policy: AddressPolicy, url: str, *, most: int = 100, seconds: float = 5.0) -> outbound.Answer:
    async with Outbound(policy) as sender:
        return await sender.send("GET", url, headers={}, seconds=seconds, most_bytes=most)


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_inside_is_refused_in_every_way_of_writing_it(address: str) -> None:
    with pytest.raises(AddressRefused, match="not a public address"):
        AddressPolicy().check(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700:4700::1111", "64:ff9b::808:808"])
def test_a_public_address_passes(address: str) -> None:
    AddressPolicy().check(address)


@pytest.mark.parametrize("address", ["169.254.169.254", "224.0.0.1", "0.0.0.0"])
def test_what_no_receiver_has_must_be_named_by_network(address: str) -> None:
    with pytest.raises(AddressRefused):
        EVERYTHING.check(address)
    AddressPolicy.parse(f"{address}/32").check(address)


def test_a_list_permits_its_networks_and_hosts_alone() -> None:
    policy = AddressPolicy.parse("10.0.0.0/8, erp.local")
    policy.check("10.9.9.9")
    policy.check("192.168.0.1", "ERP.local.")
    for address, host in (("192.168.0.1", ""), ("192.168.0.1", "other.local"), ("169.254.169.254", "erp.local")):
        with pytest.raises(AddressRefused):
            policy.check(address, host)


@pytest.mark.parametrize("text", ["10.0.0.0/99", "http://x", "a b"])
def test_a_list_that_cannot_be_read_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="neither a network"):
        AddressPolicy.parse(text)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "[::ffff:127.0.0.1]"])
async def test_no_spelling_of_this_machine_is_connected_to(host: str) -> None:
    touched: list[bool] = []

    async def touch(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        touched.append(True)

    async with talking(touch) as port:
        with pytest.raises((AddressRefused, aiohttp.InvalidURL, aiohttp.ClientConnectorDNSError)):
            await get(AddressPolicy(), f"http://{host}:{port}/")
    assert not touched


async def test_a_permitted_host_is_reached_by_its_name_but_not_by_its_number() -> None:
    policy = AddressPolicy.parse("localhost")
    async with talking(hello) as port:
        assert (await get(policy, f"http://localhost:{port}/")).body == b"hello"
        with pytest.raises(AddressRefused):
            await get(policy, f"http://127.0.0.1:{port}/")


async def test_a_name_with_one_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        kind = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        return [(*kind, ("93.184.216.34", port)), (*kind, ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    with pytest.raises(AddressRefused):
        await get(AddressPolicy(), "http://two-faced.example/")


async def test_the_socket_is_checked_even_if_the_resolver_lied(monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(self: object, host: str, port: int = 0, family: int = 0) -> list[dict[str, object]]:
        return [{"hostname": host, "host": "127.0.0.1", "port": port, "family": socket.AF_INET, "proto": 6, "flags": 0}]

    monkeypatch.setattr(outbound._GuardedResolver, "resolve", resolve)
    with pytest.raises(AddressRefused):
        await get(AddressPolicy(), "http://rebound.example/")


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 307 Go\r\nlocation: http://169.254.169.254/latest\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()

    async with talking(redirect) as port:
        assert (await get(EVERYTHING, f"http://127.0.0.1:{port}/")).status == 307


async def test_a_huge_answer_is_cut() -> None:
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    async with talking(flood) as port:
        answer = await get(EVERYTHING, f"http://127.0.0.1:{port}/", most=1_000)
    assert (answer.status, len(answer.body), answer.is_whole) == (200, 1_000, False)


async def test_an_answer_that_hangs_in_its_body_is_known_by_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "BODY_SECONDS", 0.1)

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhel")
        await writer.drain()
        await reader.read()

    async with talking(hang) as port:
        answer = await get(EVERYTHING, f"http://127.0.0.1:{port}/")
    assert (answer.status, answer.body, answer.is_whole) == (200, b"hel", False)


async def test_a_receiver_that_says_nothing_is_given_up() -> None:
    async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with talking(silence) as port:
        with pytest.raises(TimeoutError):
            await get(EVERYTHING, f"http://127.0.0.1:{port}/", seconds=0.2)


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    async with talking(hello) as port:
        assert (await get(EVERYTHING, f"http://127.0.0.1:{port}/")).status == 200
