"""Everything outside the API: health, metrics, the CA for pairing, the documentation and the browser UI."""

import asyncio
import hashlib
import hmac
import json
import secrets
from collections.abc import Awaitable, Callable
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import asyncpg
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from services.gateway import VERSION
from services.gateway.openapi import build_document
from services.gateway.pages.browser_ui import BrowserUi
from services.gateway.pages.docs import DOCS, GUIDES, render_docs, render_guide
from services.gateway.pages.guides import render_guides
from services.gateway.parts import Gateway
from services.gateway.peers import PEERS
from services.gateway.routes.declaration import API, Route
from services.gateway.web.errors import HttpError
from services.gateway.web.headers import page_policy

READY_SECONDS = 2.0
ASSETS = {"hub.css": "text/css", "docs.js": "text/javascript"}
ASSET_AGE = "public, max-age=3600"

PageHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def page_routes(gateway: Gateway, routes: tuple[Route, ...]) -> list[web.RouteDef]:
    """All of them open to anyone; `/metrics` asks for its own token."""
    document = _Document(routes, gateway.identity.cookie)
    pages = {
        DOCS: _documentation(document),
        **{f"{GUIDES}/{name}": _page(partial(render_guide, guide)) for name, guide in render_guides().items()},
        f"{API}/openapi.json": _openapi(document),
        "/healthz": _fixed(b'{"status":"ok"}', "application/json"),
        "/readyz": _readiness(gateway),
        "/metrics": _metrics(gateway),
        "/ca.pem": _authority(gateway),
        "/.well-known/exekra": _pairing(gateway),
    }
    folder = files("services.gateway.pages") / "static"
    for name, media_type in ASSETS.items():
        pages[f"/assets/{name}"] = _fixed((folder / name).read_bytes(), media_type, ASSET_AGE)
    return [*(web.get(path, handler) for path, handler in pages.items()), *BrowserUi().routes()]


class _Document:
    """The OpenAPI document, made when somebody first asks: a gateway that starts has better things to do."""

    def __init__(self, routes: tuple[Route, ...], cookie: str) -> None:
        self._make = partial(build_document, routes, cookie)
        self._made: dict[str, Any] = {}
        self._making = asyncio.Lock()

    async def get(self) -> dict[str, Any]:
        """Made once, beside the requests of others."""
        async with self._making:
            self._made = self._made or await asyncio.to_thread(self._make)
        return self._made


def _documentation(document: _Document) -> PageHandler:
    async def show(request: web.Request) -> web.StreamResponse:
        return await _page(partial(render_docs, await document.get()))(request)

    return show


def _openapi(document: _Document) -> PageHandler:
    made: PageHandler | None = None

    async def show(request: web.Request) -> web.StreamResponse:
        nonlocal made
        if made is None:
            body = json.dumps(await document.get(), separators=(",", ":")).encode()
            made = _fixed(body, "application/json")
        return await made(request)

    return show


def _page(render: Callable[[str], str]) -> PageHandler:
    async def show(_request: web.Request) -> web.Response:
        nonce = secrets.token_urlsafe(16)
        headers = {"Content-Security-Policy": page_policy(nonce)}
        return web.Response(text=render(nonce), content_type="text/html", headers=headers)

    return show


def _fixed(body: bytes, media_type: str, cache: str = "no-cache") -> PageHandler:
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"Cache-Control": cache, "ETag": etag}

    async def show(request: web.Request) -> web.Response:
        if etag in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type=media_type, charset="utf-8", headers=headers)

    return show


def _readiness(gateway: Gateway) -> PageHandler:
    postgres = _Probe(gateway)

    async def show(_request: web.Request) -> web.Response:
        names = ("postgres", *PEERS)
        found = await asyncio.gather(postgres.answers(), *(gateway.peers.is_serving(peer) for peer in PEERS))
        checks = dict(zip(names, found, strict=True))
        ready = all(found) and not gateway.feed.closed
        body: dict[str, Any] = {"status": "ready" if ready else "not ready", "checks": checks}
        return web.json_response(body, status=200 if ready else 503)

    return show


class _Probe:
    """Asks Postgres one question at a time, and leaves it standing when there is no answer in time.

    A query of asyncpg that is cancelled waits until the server has heard of it, which one that hangs never does.
    """

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._asked: asyncio.Task[bool] | None = None

    async def answers(self) -> bool:
        """Whether the server answered within two seconds."""
        if self._asked is None or self._asked.done():
            self._asked = asyncio.create_task(self._ask())
        asked = self._asked
        await asyncio.wait({asked}, timeout=READY_SECONDS)
        return asked.done() and asked.result()

    async def _ask(self) -> bool:
        try:
            return bool(await self._gateway.identity.pool.fetchval("SELECT true"))
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False


def _metrics(gateway: Gateway) -> PageHandler:
    token = gateway.settings.metrics_token.get_secret_value()

    async def show(request: web.Request) -> web.Response:
        if not token:
            raise web.HTTPNotFound
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(errors="replace"), f"Bearer {token}".encode()):
            raise HttpError(
                401,
                "METRICS_TOKEN_WRONG",
                "Send EXEKRA_METRICS_TOKEN as a bearer token.",
                {"WWW-Authenticate": "Bearer"},
            )
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return show


def _authority(gateway: Gateway) -> PageHandler:
    path = gateway.settings.ca_certificate

    async def show(request: web.Request) -> web.StreamResponse:
        if path is None:
            raise web.HTTPNotFound
        return await _fixed(await asyncio.to_thread(path.read_bytes), "application/x-pem-file")(request)

    return show


def _pairing(gateway: Gateway) -> PageHandler:
    settings = gateway.settings

    async def show(request: web.Request) -> web.Response:
        fingerprint = (
            await asyncio.to_thread(ca_fingerprint, settings.ca_certificate) if settings.ca_certificate else None
        )
        host = gateway.clients.public_host(request)
        body = {"runnerAddress": f"{host}:{settings.runner_port}", "caSha256": fingerprint, "version": VERSION}
        return web.json_response(body)

    return show


def ca_fingerprint(path: Path) -> str:
    """SHA-256 (hex) of the certificate's DER form, as runners pin it. Raises OSError, ValueError."""
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()
