"""Who this runner is to the Hub: its machine key and secret, the Hub's address, and the one CA it trusts.

Owns pairing and the files that keep its result, readable by the runner's user alone.
"""

import asyncio
import hashlib
import json
import os
import socket
import ssl
import urllib.parse
import urllib.request
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

from exekra.registry.v1 import runner_service_pb2 as pb
from runner.agent import machine
from runner.agent.grpc_transport import GrpcTransport
from runner.agent.settings import RunnerSettings

PROTOCOL = 1
VERSION = metadata.version("exekra-hub")
FETCH_SECONDS = 15.0
IDENTITY_NAME = "identity.json"
CA_NAME = "ca.pem"


class IdentityError(Exception):
    """This runner cannot say who it is, or the Hub is not the one it was paired with. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the runner shows at authentication."""

    machine_key: str
    machine_secret: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Where the Hub is, how it is known, and who we are there. `ca` is PEM."""

    address: str
    ca: bytes
    credentials: Credentials
    runner_id: str = ""


def load(settings: RunnerSettings) -> Identity:
    """The identity given by settings, completed by what pairing stored. Raises IdentityError when it is not whole."""
    stored = _read_stored(settings.home)
    address = settings.address or stored.get("address")
    key = settings.machine_key or stored.get("machine_key")
    secret = settings.machine_secret.get_secret_value() if settings.machine_secret else stored.get("machine_secret")
    ca_path = settings.ca_file or settings.home / CA_NAME
    if not (address and key and secret):
        raise IdentityError(
            f"This runner is not paired ({settings.home} holds no identity). Run `exekra-runner pair …` as the Hub "
            "shows it, or set EXEKRA_RUNNER_ADDRESS, EXEKRA_RUNNER_MACHINE_KEY and EXEKRA_RUNNER_MACHINE_SECRET."
        )
    try:
        ca = ca_path.read_bytes()
    except FileNotFoundError:
        raise IdentityError(
            f"There is no CA certificate at {ca_path}. Pair again, or set EXEKRA_RUNNER_CA_FILE."
        ) from None
    return Identity(address, ca, Credentials(key, secret), stored.get("runner_id", ""))


def save(home: Path, identity: Identity) -> None:
    """Store the identity, each file 0600 in a folder 0700, replaced atomically."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    document = {"address": identity.address, "runner_id": identity.runner_id, **asdict(identity.credentials)}
    _write_private(home / CA_NAME, identity.ca)
    _write_private(home / IDENTITY_NAME, json.dumps(document, indent=2).encode())


async def pair(settings: RunnerSettings, hub: str, token: str, fingerprint: str) -> Identity:
    """Turn a one-time token into an identity and store it.

    `hub` is the Hub's URL, or host:port of its runner port where `settings.ca_file` gives the CA. `fingerprint` is
    `sha256:<hex>` of the CA certificate. Raises IdentityError when the Hub shows another CA, HubRefusedError when it
    refuses the token, HubUnavailableError when it cannot be reached.
    """
    address, ca = await asyncio.to_thread(_find_runner_port, settings, hub, fingerprint)
    transport = GrpcTransport(address, ca, settings.answer_seconds)
    try:
        answer = await transport.pair(
            pb.PairRequest(
                pairing_token=token, hostname=machine.hostname(), platform=machine.description(), version=VERSION
            )
        )
    finally:
        await transport.close()
    identity = Identity(address, ca, Credentials(answer.machine_key, answer.machine_secret), answer.runner_id)
    save(settings.home, identity)
    return identity


def certificate_fingerprint(pem: bytes) -> str:
    """`sha256:<hex>` of the certificate's DER form. Raises IdentityError when it is no certificate."""
    try:
        der = ssl.PEM_cert_to_DER_cert(pem.decode("ascii").strip())
    except ValueError:
        raise IdentityError("What the Hub showed as its CA is not a certificate.") from None
    return "sha256:" + hashlib.sha256(der).hexdigest()


def _find_runner_port(settings: RunnerSettings, hub: str, fingerprint: str) -> tuple[str, bytes]:
    if "://" not in hub:
        ca = settings.ca_file.read_bytes() if settings.ca_file else _ca_from_chain(hub, fingerprint)
        _check_fingerprint(ca, fingerprint)
        return hub, ca
    base = hub.rstrip("/")
    # Nothing is believed of this first answer but what the fingerprint confirms.
    ca = settings.ca_file.read_bytes() if settings.ca_file else _fetch(f"{base}/ca.pem", _unverified())
    _check_fingerprint(ca, fingerprint)
    trusted = ssl.create_default_context(cadata=ca.decode("ascii"))
    facts = json.loads(_fetch(f"{base}/.well-known/exekra", trusted))
    return _complete_address(facts["runnerAddress"], base), ca


def _check_fingerprint(ca: bytes, fingerprint: str) -> None:
    shown = certificate_fingerprint(ca)
    wanted = fingerprint.lower().replace(":", "").removeprefix("sha256")
    if shown.removeprefix("sha256:") != wanted:
        raise IdentityError(
            f"The Hub's CA has the fingerprint {shown}, not the one in the pairing command. Something stands between "
            "this machine and the Hub, or the command is of another Hub. Nothing was sent."
        )


def _ca_from_chain(address: str, fingerprint: str) -> bytes:
    host, _, port = address.rpartition(":")
    with (
        socket.create_connection((host.strip("[]"), int(port)), timeout=FETCH_SECONDS) as connection,
        _unverified().wrap_socket(connection, server_hostname=host.strip("[]")) as secured,
    ):
        chain = getattr(secured, "get_unverified_chain", None)  # Python 3.13
        if chain is None:
            raise IdentityError("Pair with the Hub's https:// address, or give its CA certificate by --ca.")
        for der in chain():
            if hashlib.sha256(der).hexdigest() == fingerprint.lower().replace(":", "").removeprefix("sha256"):
                return ssl.DER_cert_to_PEM_cert(der).encode()
    raise IdentityError("The Hub did not show a CA with the fingerprint in the pairing command. Nothing was sent.")


def _complete_address(address: str, base: str) -> str:
    """The Hub may leave the host out: then it is the one it was asked by."""
    host, _, port = address.rpartition(":")
    if host in {"", "0.0.0.0", "[::]"}:  # noqa: S104 - recognised, not listened on
        host = urllib.parse.urlsplit(base).hostname or ""
        host = f"[{host}]" if ":" in host else host
    return f"{host}:{port}"


def _fetch(url: str, context: ssl.SSLContext) -> bytes:
    if not url.startswith("https://"):
        raise IdentityError(f"{url} is not an https:// address.")
    try:
        with urllib.request.urlopen(url, timeout=FETCH_SECONDS, context=context) as answer:  # noqa: S310 - https only
            content: bytes = answer.read(1024 * 1024)
            return content
    except OSError as error:
        raise IdentityError(f"{url} cannot be read: {error}.") from None


def _unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _read_stored(home: Path) -> dict[str, str]:
    try:
        document: dict[str, str] = json.loads((home / IDENTITY_NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return document


def _write_private(path: Path, content: bytes) -> None:
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
