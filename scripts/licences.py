"""`python -m scripts.licences`: makes signing keys, issues licences, and says what stands in one.

For whoever sells licences. The private key lies where its owner keeps it and never in this repository: a folder under
version control is refused. `key` prints the public key, which goes into `services/license/keys.py`, or for a reseller
into `EXEKRA_LICENSE_KEYS` of their customers' Hubs.
"""

import base64
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from services.kit.errors import DomainError
from services.kit.ids import new_id
from services.license.envelope import FORMAT, instant_text, read_licence, signed_bytes
from services.license.keys import KeyRing, kid_of
from services.license.model import EVERYWHERE, judge

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Make signing keys, issue and inspect licences.")
PRIVATE_FILE = 0o600


@app.command("key")
def make_key(
    file: Annotated[Path, typer.Argument(help="Where to write the private key; nothing is overwritten.")],
) -> None:
    """Make a key pair and print its public half."""
    folder = file.expanduser().absolute().parent
    if any((parent / ".git").exists() for parent in (folder, *folder.parents)):
        raise typer.BadParameter(f"{folder} is under version control; a private key must never be.")
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        descriptor = os.open(file.expanduser(), os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be written: {error.strerror}.") from None
    with os.fdopen(descriptor, "wb") as target:
        target.write(pem)
    public = public_bytes(key)
    typer.echo(f"{base64.b64encode(public).decode()} {kid_of(public)}")


@app.command("issue")
def issue(
    key: Annotated[Path, typer.Option(help="The private key.")],
    customer: Annotated[str, typer.Option(help="Whom it is for.")],
    runners: Annotated[int, typer.Option(min=1, help="How many runners may be registered.")],
    executions: Annotated[int, typer.Option(min=1, help="How many executions may run at a time.")],
    output: Annotated[Path, typer.Option(help="The .lic file to write; nothing is overwritten.")],
    edition: Annotated[str, typer.Option(help="Its name, for people.")] = "enterprise",
    days: Annotated[int, typer.Option(min=0, help="How long it holds from its beginning; 0 for ever.")] = 365,
    begins: Annotated[datetime | None, typer.Option(help="When it begins, in UTC; now if not given.")] = None,
    installation: Annotated[str, typer.Option(help="The installation's id, or * for any.")] = EVERYWHERE,
    feature: Annotated[
        list[str] | None, typer.Option(help="The name of something sold beside; may be repeated.")
    ] = None,
) -> None:
    """Write a signed licence."""
    now = datetime.now(UTC).replace(microsecond=0)
    not_before = begins.replace(tzinfo=UTC) if begins else now
    licence = {
        "id": new_id(),
        "customer": customer,
        "edition": edition,
        "limits": {"runners": runners, "concurrentExecutions": executions},
        "features": feature or [],
        "notBefore": instant_text(not_before),
        "expires": instant_text(not_before + timedelta(days=days)) if days else None,
        "installationId": installation,
        "issuedAt": instant_text(now),
    }
    private = _load(key)
    text = sign(licence, private)
    try:
        # Judged as a Hub will: what it would refuse is not handed out.
        read_licence(text, KeyRing([public_bytes(private)]))
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except DomainError as error:
        raise typer.BadParameter(error.message) from None
    except OSError as error:
        raise typer.BadParameter(f"{output} cannot be written: {error.strerror}.") from None
    typer.echo(f"{output}: {licence['id']}")


@app.command("inspect")
def inspect(
    file: Annotated[Path, typer.Argument(help="The .lic file.")],
    keys: Annotated[Path | None, typer.Option(help="Further public keys, one a line.")] = None,
) -> None:
    """Check a licence and print what stands in it; exits 1 when a Hub would refuse it as not genuine."""
    try:
        ring = KeyRing.parse(keys.read_text(encoding="utf-8") if keys else "")
        found = read_licence(file.read_text(encoding="utf-8"), ring)
    except DomainError as error:
        typer.echo(f"{error.reason}: {error.message}", err=True)
        sys.exit(1)
    except (OSError, ValueError) as error:
        typer.echo(str(error), err=True)
        sys.exit(1)
    licence = json.loads(found.document)["licence"]
    state = judge(found.terms, datetime.now(UTC)).state
    typer.echo(json.dumps({"kid": found.kid, "state": state, **licence}, indent=2, ensure_ascii=False))


def sign(licence: dict[str, Any], key: Ed25519PrivateKey) -> str:
    """The text of a `.lic` file."""
    kid = kid_of(public_bytes(key))
    signature = base64.b64encode(key.sign(signed_bytes(kid, licence))).decode()
    envelope = {"format": FORMAT, "kid": kid, "licence": licence, "signature": signature}
    return json.dumps(envelope, indent=2, ensure_ascii=False) + "\n"


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """The 32 bytes of its public half."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _load(file: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(file.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise typer.BadParameter(f"{file} holds no private key: {error}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise typer.BadParameter(f"{file} holds a key of another kind; make one with `key`.")
    return key


if __name__ == "__main__":
    app()
