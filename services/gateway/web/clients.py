"""Where a request really comes from, and under which address the browser sees us. Only trusted proxies are believed."""

from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web

from services.gateway.settings import Network

UNKNOWN = "0.0.0.0"  # noqa: S104 - a value, not an address to bind


class Clients:
    """Reads peers and forwarded headers."""

    def __init__(self, trusted: Sequence[Network], public_url: str) -> None:
        self._trusted = trusted
        self._public_url = public_url.rstrip("/")
        self._public_host = urlsplit(public_url).netloc.lower()

    def ip(self, request: web.Request) -> str:
        """The last address that a trusted proxy did not add itself."""
        peer = _peer(request)
        if not self._is_trusted(peer):
            return peer
        for hop in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
            address = hop.strip()
            if not _is_address(address):
                return peer
            peer = address
            if not self._is_trusted(address):
                return address
        return peer

    def is_own_origin(self, request: web.Request, origin: str) -> bool:
        """Whether a page at `origin` is ours: same host and port as the request was sent to, over HTTPS."""
        parts = urlsplit(origin)
        hosts = {request.host.lower(), self._public_host}
        if self._is_trusted(_peer(request)):
            hosts.add(request.headers.get("X-Forwarded-Host", "").lower())
        return parts.scheme == "https" and parts.netloc.lower() in hosts - {""}

    def base_url(self, request: web.Request) -> str:
        """EXEKRA_PUBLIC_URL, else the address the caller (or a trusted proxy's caller) used; no slash at the end."""
        forwarded = request.headers.get("X-Forwarded-Host", "") if self._is_trusted(_peer(request)) else ""
        host = (forwarded or request.host).encode("ascii", "replace").decode()
        return self._public_url or f"https://{host}"

    def public_host(self, request: web.Request) -> str:
        """The host name alone: of EXEKRA_PUBLIC_URL, else the one the caller used. IPv6 keeps its brackets."""
        host = self._public_host or request.host.lower()
        return host.rpartition(":")[0] if ":" in host.rpartition("]")[2] else host

    def _is_trusted(self, address: str) -> bool:
        return any(ip_address(address) in network for network in self._trusted)


def _peer(request: web.Request) -> str:
    peer = request.transport.get_extra_info("peername") if request.transport else None
    return str(peer[0]).partition("%")[0] if peer else UNKNOWN


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
