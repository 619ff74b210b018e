"""The local authority and what it signs."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from services.launcher.authority import SERVER_LIFE, Leaf, ensure_leaf, ensure_tls

NOW = datetime(2026, 5, 4, tzinfo=UTC)


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_the_server_certificate_is_signed_by_the_authority_and_names_this_host(tmp_path: Path) -> None:
    tls = ensure_tls(tmp_path, ["hub.example.com", "10.0.0.7"], NOW)
    server = certificate(tls.certificate)
    server.verify_directly_issued_by(certificate(tls.authority))
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {"localhost", "hub.example.com"} <= set(names.get_values_for_type(x509.DNSName))
    addresses = {str(address) for address in names.get_values_for_type(x509.IPAddress)}
    assert {"127.0.0.1", "::1", "10.0.0.7"} <= addresses


def test_a_strict_client_accepts_the_server(tmp_path: Path) -> None:
    tls = ensure_tls(tmp_path)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tls.certificate, tls.key)
    client = ssl.create_default_context(cafile=str(tls.authority))
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname="127.0.0.1"),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert ends[0].version() == "TLSv1.3"


def test_a_second_start_keeps_everything(tmp_path: Path) -> None:
    ensure_tls(tmp_path, now=NOW)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    ensure_tls(tmp_path, now=NOW + timedelta(days=100))
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("later", "hosts"),
    [(SERVER_LIFE - timedelta(days=29), ()), (timedelta(days=1), ("new.example.com",))],
    ids=["near its end", "other hosts"],
)
def test_the_server_certificate_is_renewed_and_the_authority_kept(
    tmp_path: Path, later: timedelta, hosts: tuple[str, ...]
) -> None:
    before = ensure_tls(tmp_path, now=NOW)
    old = before.certificate.read_bytes()
    after = ensure_tls(tmp_path, hosts, NOW + later)
    assert after.fingerprint == before.fingerprint
    assert after.certificate.read_bytes() != old


def test_a_certificate_whose_key_was_lost_is_made_again(tmp_path: Path) -> None:
    tls = ensure_tls(tmp_path, now=NOW)
    tls.key.unlink()
    ensure_tls(tmp_path, now=NOW)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tls.certificate, tls.key)


def test_keys_are_closed_to_other_accounts(tmp_path: Path) -> None:
    ensure_tls(tmp_path)
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}


def test_a_services_certificate_is_for_clients_as_well_and_carries_its_name(tmp_path: Path) -> None:
    ensure_leaf(tmp_path, "scheduler", Leaf("scheduler", ("scheduler",), of_client=True), NOW)
    made = certificate(tmp_path / "scheduler.pem")
    usages = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert ExtendedKeyUsageOID.CLIENT_AUTH in usages
    assert made.subject.rfc4514_string() == "CN=scheduler"
