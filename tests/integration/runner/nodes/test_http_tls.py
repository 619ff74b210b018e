import ssl

import pytest

from services.launcher.authority import ensure_tls
from tests.integration.runner.nodes.web_server import WebServer


@pytest.fixture
async def secure_server(tmp_path):
    """A server with a certificate of a private authority, and that authority's file."""
    folder = tmp_path / "tls"
    folder.mkdir()
    tls = ensure_tls(folder, ())
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tls.certificate, tls.key)
    async with WebServer(context) as server:
        yield server, tls.authority


async def test_a_private_authority_is_trusted_only_when_it_is_named(place, secure_server):
    server, authority = secure_server
    failure = await place.fail("http.request", url=server.url)
    assert (failure.code, failure.retryable) == ("HTTP_TLS_FAILED", False)
    assert (await place.run("http.request", url=server.url, caFile=str(authority)))["json"] == {"ok": True}


async def test_checking_certificates_can_be_switched_off(place, secure_server):
    server, _ = secure_server
    assert (await place.run("http.request", url=server.url, verifyTls=False))["status"] == 200


async def test_a_file_without_certificates_is_no_authority(place):
    place.write("ca.pem", "nothing")
    assert (await place.fail("http.request", url="https://127.0.0.1:1", caFile="ca.pem")).code == "INVALID_CA"
    assert (await place.fail("http.request", url="https://127.0.0.1:1", caFile="none.pem")).code == "FILE_NOT_FOUND"
