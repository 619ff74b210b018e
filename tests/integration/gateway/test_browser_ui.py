"""Serving the built pages: nonces, caching, compression, other addresses, and a build that comes or changes later."""

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from services.gateway.pages.browser_ui import BrowserUi

PAGE = '<!doctype html><script nonce="%EXEKRA_NONCE%" src="/assets/index-abcd1234.js"></script>'
BROWSER = {"Accept": "text/html,*/*"}


def build(folder: Path, script: str = "index-abcd1234.js", content: str = "1;") -> None:
    (folder / "assets").mkdir(parents=True, exist_ok=True)
    (folder / "assets" / script).write_text(content)
    (folder / "index.html").write_text(PAGE.replace("index-abcd1234.js", script))


@pytest.fixture
async def client(folder: Path) -> AsyncIterator[TestClient]:
    application = web.Application()
    application.add_routes(BrowserUi(folder / "dist").routes())
    async with TestClient(TestServer(application)) as client:
        yield client


async def test_every_page_has_a_nonce_of_its_own(client: TestClient, folder: Path) -> None:
    build(folder / "dist")
    nonces = set()
    for path in ("/", "/executions/1?tab=log"):
        response = await client.get(path, headers=BROWSER)
        found = re.search('nonce="([^"]+)"', await response.text())
        assert found is not None
        assert f"script-src 'nonce-{found[1]}'" in response.headers["Content-Security-Policy"]
        nonces.add(found[1])
    assert len(nonces) == 2


async def test_files_are_kept_for_ever_and_come_compressed(client: TestClient, folder: Path) -> None:
    build(folder / "dist")
    assets = folder / "dist/assets"
    (assets / "index-abcd1234.js.br").write_bytes(b"brotli")
    (assets / "mark.svg").write_text("<svg/>")
    response = await client.get("/assets/index-abcd1234.js", headers={"Accept-Encoding": "br"}, auto_decompress=False)
    assert (response.headers["Content-Encoding"], await response.read()) == ("br", b"brotli")
    assert response.content_type == "text/javascript"
    assert "immutable" in response.headers["Cache-Control"]
    plain = await client.get("/assets/index-abcd1234.js", headers={"Accept-Encoding": "identity"})
    assert await plain.text() == "1;"
    unversioned = await client.get("/assets/mark.svg")
    assert "immutable" not in unversioned.headers["Cache-Control"]


async def test_only_files_of_the_build_are_served(client: TestClient, folder: Path) -> None:
    build(folder / "dist")
    (folder / "secret.js").write_text("no")
    (folder / "dist/assets/notes.txt").write_text("no")
    for path in ("/assets/nothing-12345678.js", "/assets/notes.txt", "/assets/..%2F..%2Fsecret.js", "/assets/.hidden"):
        assert (await client.get(path)).status == 404, path


async def test_programs_that_err_in_the_address_get_no_page(client: TestClient, folder: Path) -> None:
    build(folder / "dist")
    assert (await client.get("/nowhere", headers={"Accept": "*/*"})).status == 404
    for path in ("/api/nothing", "/hooks/token", "/assets/", "/metrics", "/.well-known/other"):
        assert (await client.get(path, headers=BROWSER)).status == 404, path
    assert (await client.get("/apiary", headers=BROWSER)).status == 200


async def test_without_a_build_the_start_page_says_why(client: TestClient, folder: Path) -> None:
    first = await (await client.get("/")).text()
    assert "make ui" in first
    (folder / "dist").mkdir()
    (folder / "dist/failure.txt").write_text("It could not be built: <no network>")
    second = await (await client.get("/executions", headers=BROWSER)).text()
    assert "&lt;no network&gt;" in second


async def test_a_later_build_is_served_without_a_restart(client: TestClient, folder: Path) -> None:
    assert "make ui" in await (await client.get("/")).text()
    build(folder / "dist")
    assert "index-abcd1234.js" in await (await client.get("/")).text()
    build(folder / "dist", "index-efgh5678.js", "2;")
    os.utime(folder / "dist/index.html", ns=(1, 1))
    assert await (await client.get("/assets/index-efgh5678.js")).text() == "2;"
    assert "index-efgh5678.js" in await (await client.get("/")).text()
