"""Signing in over TLS: whom the command believes, and what it keeps."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from services.cli.profile import load_profile, profile_path
from services.cli.settings import CliSettings
from services.launcher.authority import ServerTls, ensure_tls
from tests.unit.cli.conftest import Ran

Exekra = Callable[..., Ran]
COOKIE = "__Host-exekra-1"
WHO = {"user": {"email": "ada@example.org", "role": "ADMIN"}, "permissions": ["runner:view"], "csrfToken": "c5rf"}


@dataclass
class TlsHub:
    """A Hub that knows one password and one key."""

    tls: ServerTls
    url: str = ""
    logins: list[dict[str, str]] = field(default_factory=list)

    async def login(self, request: web.Request) -> web.Response:
        self.logins.append(await request.json())
        if self.logins[-1]["password"] != "right":
            return web.json_response({"detail": "E-mail or password is wrong."}, status=401)
        response = web.json_response(WHO)
        response.set_cookie(COOKIE, "s3cret", secure=True, httponly=True, path="/")
        return response

    async def me(self, request: web.Request) -> web.Response:
        known = request.headers.get("Authorization") == "Bearer exk_right" or request.cookies.get(COOKIE) == "s3cret"
        return web.json_response(WHO) if known else web.json_response({"detail": "Sign in."}, status=401)

    async def authority(self, _request: web.Request) -> web.Response:
        return web.Response(text=self.tls.authority.read_text())


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TlsHub]:
    (tmp_path / "tls").mkdir()
    scripted = TlsHub(ensure_tls(tmp_path / "tls"))
    ready, done = threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        application = web.Application()
        application.router.add_post("/api/auth/login", scripted.login)
        application.router.add_get("/api/auth/me", scripted.me)
        application.router.add_get("/ca.pem", scripted.authority)
        runner = web.AppRunner(application)
        await runner.setup()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(scripted.tls.certificate, scripted.tls.key)
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        scripted.url = f"https://127.0.0.1:{runner.addresses[0][1]}"
        loops.append(asyncio.get_running_loop())
        ready.set()
        await done.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(10)
    for name in ("EXEKRA_URL", "EXEKRA_API_KEY", "EXEKRA_API_KEY_FILE", "EXEKRA_CA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("EXEKRA_HOME", str(tmp_path / "data"))
    yield scripted
    loops[0].call_soon_threadsafe(done.set)
    thread.join(10)


@pytest.fixture
def password(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text("right\n")
    return path


def test_an_unknown_authority_is_not_trusted(hub: TlsHub, exekra: Exekra, password: Path) -> None:
    ran = exekra("login", hub.url, "--password-file", str(password))
    assert ran.status == 5
    assert "--ca FILE" in ran.err
    assert hub.logins == []


def test_a_password_becomes_a_session_that_is_kept_with_the_authority(
    hub: TlsHub, exekra: Exekra, password: Path
) -> None:
    given = ("--email", "ada@example.org", "--password-file", str(password), "--ca", str(hub.tls.authority))
    ran = exekra("login", hub.url, *given)
    assert ran.status == 0, ran.err
    assert "ada@example.org" in ran.out
    assert "right" not in profile_path().read_text()
    profile = load_profile(CliSettings())
    assert (profile.url, profile.cookie, profile.session, profile.csrf_token) == (hub.url, COOKIE, "s3cret", "c5rf")
    assert profile.authority == hub.tls.authority.read_text()


def test_the_authority_is_fetched_when_its_fingerprint_is_known(hub: TlsHub, exekra: Exekra, password: Path) -> None:
    given = ("--password-file", str(password), "--fingerprint")
    ran = exekra("login", hub.url, *given, "sha256:" + "0" * 64)
    assert (ran.status, hub.logins) == (4, [])
    assert exekra("login", hub.url, *given, "12").status == 2
    assert exekra("login", hub.url, *given, f"sha256:{hub.tls.fingerprint}").status == 0


def test_a_wrong_password_keeps_nothing(hub: TlsHub, exekra: Exekra, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("wrong")
    ran = exekra("login", hub.url, "--password-file", str(wrong), "--ca", str(hub.tls.authority))
    assert (ran.status, ran.err.strip()) == (4, "exekra: E-mail or password is wrong.")
    assert not profile_path().exists()


def test_an_api_key_is_tried_before_it_is_kept(hub: TlsHub, exekra: Exekra, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("exk_wrong")
    given = ("--api-key-file", str(key), "--ca", str(hub.tls.authority))
    assert exekra("login", hub.url, *given).status == 4
    assert not profile_path().exists()
    key.write_text("exk_right")
    assert exekra("login", hub.url, *given, "--json").document["permissions"] == ["runner:view"]
    assert load_profile(CliSettings()).api_key == "exk_right"
