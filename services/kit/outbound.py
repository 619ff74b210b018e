"""HTTP to addresses that a user configured: nobody reaches the Hub's own network through the Hub.

A name is resolved here, every address is checked, and the connection goes to a checked one: the socket's own target is
looked at last, so a name that changes between check and connect gains nothing. Redirects are answers like any other,
proxies of the environment are not used, answers are read to a bounded size. Owns no retries.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from types import TracebackType
from typing import Any, Final, Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

EVERYTHING: Final = "*"
BODY_SECONDS: Final = 3.0
"""The status has come, so the answer is known; its body is waited for no longer than this."""
_CHUNK_BYTES: Final = 4_096
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


_checked: ContextVar[set[str]] = ContextVar("checked_addresses")
"""Addresses that passed on behalf of a name in the request under way."""


class AddressRefused(OSError):
    """The address is not one the Hub connects to; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """Which addresses may be connected to: public ones always, others by network or by host name."""

    networks: tuple[Network, ...] = ()
    hosts: frozenset[str] = frozenset()
    everything: bool = False
    """Any private address, though never link-local, multicast or unspecified ones: those must be named by network."""

    @classmethod
    def parse(cls, text: str) -> "AddressPolicy":
        """From a comma-separated list of networks and host names, or `*`. Raises ValueError for anything else."""
        networks: list[Network] = []
        hosts: set[str] = set()
        for item in filter(None, (part.strip().lower() for part in text.split(","))):
            if item == EVERYTHING:
                continue
            try:
                networks.append(ipaddress.ip_network(item))
            except ValueError:
                if "/" in item or not item.replace("-", "").replace(".", "").replace("_", "").isalnum():
                    raise ValueError(f"{item!r} is neither a network such as 10.0.0.0/8 nor a host name") from None
                hosts.add(item.rstrip("."))
        return cls(tuple(networks), frozenset(hosts), EVERYTHING in [part.strip() for part in text.split(",")])

    @property
    def is_public_only(self) -> bool:
        """True when no private address is permitted."""
        return self == PUBLIC_ONLY

    def check(self, address: str, host: str = "") -> None:
        """Raises AddressRefused when the Hub may not connect to this address on behalf of that host name."""
        for found in meanings(address):
            named = any(found.version == network.version and found in network for network in self.networks)
            special = found.is_link_local or found.is_multicast or found.is_unspecified or found.is_reserved
            granted = (self.everything or host.lower().rstrip(".") in self.hosts) and not special
            if not (is_public(found) or named or granted):
                raise AddressRefused(
                    f"{host or address} leads to {address}, which is not a public address. "
                    "An administrator can permit it by EXEKRA_ALLOW_PRIVATE_ENDPOINTS."
                )


PUBLIC_ONLY: Final = AddressPolicy()


def is_public(address: Address) -> bool:
    """Routable on the Internet, to one machine."""
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_link_local or address.is_unspecified
    )


def meanings(address: str) -> list[Address]:
    """The address, and an IPv4 address inside it when it is a way of writing or reaching one (mapped, 6to4, NAT64)."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv4Address):
        return [found]
    if found.ipv4_mapped is not None:
        return [found.ipv4_mapped]
    if found in _NAT64:
        return [ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)]
    return [found, *(found.teredo or ()), *([found.sixtofour] if found.sixtofour else [])]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `body` holds at most as many bytes as were asked for; `is_whole` says whether that is all."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_whole: bool


class Outbound:
    """Sends requests under one policy, each on a connection of its own. Use it as a context manager."""

    def __init__(self, policy: AddressPolicy = PUBLIC_ONLY) -> None:
        self._policy = policy
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            resolver=_GuardedResolver(self._policy),
            use_dns_cache=False,
            force_close=True,  # a kept connection that died would look like a receiver's failure
            limit=0,
            socket_factory=self._open_socket,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            max_line_size=8_190,
            max_field_size=8_190,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        tls: ssl.SSLContext | None = None,
        seconds: float,
        most_bytes: int,
    ) -> Answer:
        """One request and its answer, whatever its status.

        Raises AddressRefused, TimeoutError after `seconds`, aiohttp.ClientError or OSError when there is no answer.
        """
        if self._session is None:
            raise RuntimeError("Outbound is not open")
        timeout = aiohttp.ClientTimeout(total=seconds)
        _checked.set(set())
        try:
            async with self._session.request(
                method,
                url,
                headers=headers,
                data=body,
                ssl=tls or True,
                timeout=timeout,
                allow_redirects=False,
                skip_auto_headers=("User-Agent", "Content-Type"),
            ) as response:
                content, is_whole = await _read(response, most_bytes)
                return Answer(response.status, dict(response.headers), content, is_whole)
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, AddressRefused):
                raise error.os_error from None
            raise

    def _open_socket(self, info: tuple[Any, ...]) -> socket.socket:
        """The last look: at the very address that is connected to, also when it stood in the URL as a number."""
        family, kind, protocol, _, target = info
        if str(target[0]) not in _checked.get():
            self._policy.check(str(target[0]))
        made = socket.socket(family=family, type=kind, proto=protocol)
        made.setblocking(False)
        return made


class _GuardedResolver(AbstractResolver):
    """Resolves by the system and answers only when every address passes."""

    def __init__(self, policy: AddressPolicy) -> None:
        self._policy = policy

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Raises AddressRefused or OSError."""
        found = await asyncio.get_running_loop().getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
        results: list[ResolveResult] = []
        for kind, _, protocol, _, target in found:
            address = str(target[0])
            self._policy.check(address, host)
            _checked.get().add(address)
            results.append(
                ResolveResult(
                    hostname=host,
                    host=address,
                    port=port,
                    family=kind,
                    proto=protocol,
                    flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
                )
            )
        return results

    async def close(self) -> None:
        """Holds nothing."""


async def _read(response: aiohttp.ClientResponse, most_bytes: int) -> tuple[bytes, bool]:
    """At most so many bytes, and whether that was all; a body that hangs or breaks off counts as cut."""
    content = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while chunk := await response.content.read(_CHUNK_BYTES):
                content += chunk
                if len(content) > most_bytes:
                    return bytes(content[:most_bytes]), False
    except (TimeoutError, aiohttp.ClientError, OSError):
        return bytes(content[:most_bytes]), False
    return bytes(content), True


@lru_cache(maxsize=256)
def tls_context(*, verify: bool = True, authority: str = "") -> ssl.SSLContext:
    """For a server whose certificate is checked against the system's authorities, or against this PEM alone.

    Raises ssl.SSLError or ValueError when the PEM holds no certificate.
    """
    context = ssl.create_default_context(cadata=authority) if authority else ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
