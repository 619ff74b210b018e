"""What stands outside the API: health, pairing facts, the documentation and the start page."""

import re
from pathlib import Path

import asyncpg

from services.gateway.pages.guides import GUIDES
from services.launcher.authority import fingerprint
from tests.conftest import HubDatabase
from tests.integration.gateway.served import Served, serving


async def test_ready_names_each_check(served: Served) -> None:
    browser = await served.browser()
    assert (await browser.call("GET", "/healthz")).body == {"status": "ok"}
    ready = await browser.call("GET", "/readyz")
    assert ready.status == 200
    assert ready.body["checks"] == dict.fromkeys(("postgres", "scheduler", "registry", "license", "audit"), True)


async def test_a_missing_service_makes_it_not_ready(database: HubDatabase, folder: Path) -> None:
    async with serving(
        database.dsns["gateway"], folder, license_address=f"unix:{folder}/nobody.sock", without=("license",)
    ) as served:
        reply = await (await served.browser()).call("GET", "/readyz")
        assert reply.status == 503
        assert reply.body["checks"]["license"] is False
        assert reply.body["checks"]["audit"] is True


async def test_postgres_away_is_503_and_not_ready(served: Served, database: HubDatabase) -> None:
    admin = await served.admin()
    connection = await asyncpg.connect(database.admin_dsn)
    await connection.execute("REVOKE USAGE ON SCHEMA identity FROM exekra_identity")
    await connection.execute("ALTER ROLE exekra_identity NOLOGIN")
    await connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'exekra_identity'")
    try:
        reply = await admin.call("GET", "/api/users")
        assert reply.status in (500, 503), reply.body
        assert (await admin.call("GET", "/readyz")).status == 503
    finally:
        await connection.execute("ALTER ROLE exekra_identity LOGIN")
        await connection.execute("GRANT USAGE ON SCHEMA identity TO exekra_identity")
        await connection.close()
    assert (await admin.call("GET", "/api/users")).status == 200


async def test_runners_learn_where_to_connect_and_whom_to_trust(served: Served) -> None:
    browser = await served.browser()
    facts = (await browser.call("GET", "/.well-known/exekra")).body
    assert facts["runnerAddress"] == "127.0.0.1:4546"
    assert facts["caSha256"] == fingerprint(served.authority)
    pem = await browser.call("GET", "/ca.pem")
    assert pem.content == served.authority.read_bytes()


async def test_pages_load_only_their_own_assets(served: Served) -> None:
    browser = await served.browser()
    for path in ("/", "/api/docs"):
        page = await browser.call("GET", path)
        assert page.status == 200
        text = page.content.decode()
        for reference in re.findall(r'(?:src|href)="([^"]+)"', text):
            assert reference.startswith(("/", "#", "data:")), reference
        nonce = re.search(r"script-src 'nonce-([^']+)'", page.headers["Content-Security-Policy"])
        assert nonce is not None
        assert all(f'nonce="{nonce[1]}"' in tag for tag in re.findall(r"<script[^>]*>", text))
    assert "unsafe-inline" not in page.headers["Content-Security-Policy"]
    for asset, media_type in (("/assets/hub.css", "text/css"), ("/assets/docs.js", "text/javascript")):
        reply = await browser.call("GET", asset)
        assert (reply.status, reply.headers["Content-Type"].partition(";")[0]) == (200, media_type)
        again = await browser.call("GET", asset, headers={"If-None-Match": reply.headers["ETag"]})
        assert again.status == 304


async def test_metrics_need_their_token(database: HubDatabase, folder: Path, served: Served) -> None:
    assert (await (await served.browser()).call("GET", "/metrics")).status == 404
    (folder / "b").mkdir()
    async with serving(database.dsns["gateway"], folder / "b", metrics_token="t0ken") as other:
        browser = await other.browser()
        assert (await browser.call("GET", "/metrics")).status == 401
        shown = await browser.call("GET", "/metrics", headers={"Authorization": "Bearer t0ken"})
        assert b"exekra_http_requests_total" in shown.content


async def test_only_trusted_proxies_say_where_a_request_comes_from(database: HubDatabase, folder: Path) -> None:
    forwarded = {"X-Forwarded-For": "203.0.113.9, 10.0.0.7"}
    for trusted, seen in (("", "127.0.0.1"), ("127.0.0.0/8,10.0.0.0/8", "203.0.113.9")):
        name = folder / (trusted[:3] or "none")
        name.mkdir()
        async with serving(database.dsns["gateway"], name, trusted_proxies=trusted) as served:
            browser = await served.browser()
            browser.session.headers.update(forwarded)
            await browser.sign_in()
            session = (await browser.call("GET", "/api/sessions")).body["items"][0]
            assert session["ip"] == seen


async def test_guides_are_pages_of_their_own(served: Served) -> None:
    browser = await served.browser()
    docs = await browser.call("GET", "/api/docs")
    addresses = set(re.findall(rb'href="(/api/docs/guides/[a-z-]+)"', docs.content))
    assert len(addresses) == len(GUIDES)
    for address in addresses:
        guide = await browser.call("GET", address.decode())
        assert (guide.status, guide.headers["Content-Type"].partition(";")[0]) == (200, "text/html")
        assert "script-src 'nonce-" in guide.headers["Content-Security-Policy"]
    assert (await browser.call("GET", "/api/docs/guides/nothing")).status == 404
