"""The Hub's own certificate authority and the server certificate that browsers and runners see.

Runners pin the authority by its fingerprint, so it is made once and kept; other certificates are renewed when they near
their end or their hosts changed.
"""

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from services.launcher.home import write_private_file

AUTHORITY_LIFE: Final = timedelta(days=3650)
# Longer ones are refused by Apple's clients (support.apple.com/102028: 825 days for private authorities).
SERVER_LIFE: Final = timedelta(days=397)
RENEW_BEFORE_END: Final = timedelta(days=30)
CLOCK_TOLERANCE: Final = timedelta(hours=1)
LOCAL_NAMES: Final = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class ServerTls:
    """PEM files for a server, and the SHA-256 of the authority's certificate in lower-case hexadecimal digits."""

    certificate: Path
    key: Path
    authority: Path
    fingerprint: str


@dataclass(frozen=True)
class Leaf:
    """One certificate to hold: its common name, the host names and addresses in it, and whether clients show it too."""

    common_name: str
    hosts: tuple[str, ...]
    of_client: bool = False

    @property
    def usages(self) -> list[x509.ObjectIdentifier]:
        """What the certificate may be used for."""
        return [ExtendedKeyUsageOID.SERVER_AUTH, *([ExtendedKeyUsageOID.CLIENT_AUTH] if self.of_client else [])]

    @property
    def alternatives(self) -> list[x509.GeneralName]:
        """The hosts as a certificate writes them."""
        return [_general_name(host) for host in self.hosts]


def ensure_tls(folder: Path, further_hosts: Sequence[str] = (), now: datetime | None = None) -> ServerTls:
    """Make what is missing in the folder, renew what is near its end; `further_hosts` are names or addresses."""
    hosts = tuple(sorted({*LOCAL_NAMES, socket.gethostname(), *further_hosts}))
    ensure_leaf(folder, "server", Leaf("Exekra Hub", hosts), now)
    return ServerTls(
        certificate=folder / "server.pem",
        key=folder / "server.key",
        authority=folder / "ca.pem",
        fingerprint=fingerprint(folder / "ca.pem"),
    )


def ensure_leaf(folder: Path, name: str, leaf: Leaf, now: datetime | None = None) -> None:
    """Make `<name>.pem` and `<name>.key` in the folder, signed by its authority, which is made if there is none."""
    at = now or datetime.now(UTC)
    ca_certificate, ca_key = _authority(folder, at)
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    if _serves(certificate, key, ca_certificate, leaf, at):
        return
    leaf_key = ec.generate_private_key(ec.SECP256R1())
    public = leaf_key.public_key()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, leaf.common_name)])
    signed = (
        _builder(subject, ca_certificate.subject, public, at, SERVER_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(leaf.usages), critical=False)
        .add_extension(x509.SubjectAlternativeName(leaf.alternatives), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    _write_pair(certificate, key, signed, leaf_key)


def fingerprint(certificate: Path) -> str:
    """SHA-256 of a PEM certificate's DER bytes, in lower-case hexadecimal digits."""
    return x509.load_pem_x509_certificate(certificate.read_bytes()).fingerprint(hashes.SHA256()).hex()


def _authority(folder: Path, at: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    certificate_file, key_file = folder / "ca.pem", folder / "ca.key"
    if certificate_file.exists() and key_file.exists():
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        key = load_pem_private_key(key_file.read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{key_file} holds no elliptic-curve key")
        return certificate, key
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Exekra Hub"),
            # Authorities of several Hubs stand side by side in a browser's list.
            x509.NameAttribute(NameOID.COMMON_NAME, f"Exekra Hub on {socket.gethostname()}"[:64]),
        ]
    )
    public = key.public_key()
    certificate = (
        _builder(name, name, public, at, AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write_pair(certificate_file, key_file, certificate, key)
    return certificate, key


def _serves(certificate: Path, key: Path, ca: x509.Certificate, leaf: Leaf, at: datetime) -> bool:
    """Whether the certificate is ours, names this host and lives long enough."""
    if not (certificate.exists() and key.exists()):
        return False
    found = x509.load_pem_x509_certificate(certificate.read_bytes())
    named = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return (
        found.issuer == ca.subject
        and set(named) == set(leaf.alternatives)
        and found.not_valid_before_utc <= at < found.not_valid_after_utc - RENEW_BEFORE_END
        and found.public_key() == _public_key(key)
    )


def _public_key(key: Path) -> object:
    return load_pem_private_key(key.read_bytes(), None).public_key()


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, at: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - CLOCK_TOLERANCE)
        .not_valid_after(at + life)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write_pair(
    certificate_file: Path, key_file: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey
) -> None:
    """The key first: a certificate without its key would be taken for complete."""
    write_private_file(key_file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    write_private_file(certificate_file, certificate.public_bytes(Encoding.PEM))
