"""Published examples and the vendors' own libraries: what they sign is believed, what was tampered with is not."""

import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import standardwebhooks
import stripe

from services.scheduler.webhooks.model import (
    Algorithm,
    Authentication,
    AuthType,
    Encoding,
    Incoming,
    SecretEncoding,
)
from services.scheduler.webhooks.signatures import (
    EXPIRED,
    INVALID,
    MISSING,
    TOLERANCE_SECONDS,
    check,
    standard_key,
)

VECTORS = [json.loads(line) for line in Path(__file__).with_name("signature_vectors.jsonl").read_text().splitlines()]
SCHEMES = {
    "github": AuthType.GITHUB,
    "stripe-v1": AuthType.STRIPE,
    "slack-v0": AuthType.SLACK,
    "standard-webhooks": AuthType.STANDARD_WEBHOOKS,
    "twilio-hmac-sha1": AuthType.TWILIO,
}
BODY = b'{"event": "order.paid", "id": 7}'
SECRET = "a shared secret"


def sent(body: bytes, headers: dict[str, str], url: str = "") -> Incoming:
    return Incoming(
        headers=[(name.lower(), value) for name, value in headers.items()],
        query="",
        body=body,
        ip="",
        url=url,
    )


def believed(auth: Authentication, secrets: list[str], what: Incoming, now: float | None = None) -> bool:
    return check(auth, secrets, what, time.time() if now is None else now) is None


def vector_sent(vector: dict[str, Any]) -> Incoming:
    headers = dict(vector.get("headers") or {})
    if "value" in vector:
        headers[vector["header"]] = vector["value"]
    body = vector.get("body", "").encode()
    if "form" in vector:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = "&".join(f"{name}={value.replace('+', '%2B')}" for name, value in vector["form"].items()).encode()
    return sent(body, headers, vector.get("url", ""))


@pytest.mark.parametrize("vector", [v for v in VECTORS if v["scheme"] in SCHEMES], ids=lambda v: v["id"])
def test_a_published_example_is_judged_as_its_publisher_does(vector: dict[str, Any]) -> None:
    auth = Authentication(SCHEMES[vector["scheme"]])
    now = vector.get("clock", vector.get("timestamp", 0))
    if not vector["secret"]:
        with pytest.raises(ValueError, match="empty"):
            standard_key(vector["secret"])
        return
    # Null stands for "only where the weaker hash is allowed", which ours does not.
    assert believed(auth, [vector["secret"]], vector_sent(vector), now) is bool(vector["valid"])


@pytest.mark.parametrize("vector", [v for v in VECTORS if v["scheme"] == "raw-hmac-sha256"], ids=lambda v: v["id"])
def test_a_generic_hmac_agrees_with_the_standard(vector: dict[str, Any]) -> None:
    auth = Authentication(AuthType.HMAC, header="X-Mac", secret_encoding=SecretEncoding.HEX)
    what = sent(bytes.fromhex(vector["body_hex"]), {"X-Mac": vector["digest_hex"].upper()})
    assert believed(auth, [vector["secret_hex"]], what)
    assert not believed(auth, [vector["secret_hex"]], sent(b"else", {"X-Mac": vector["digest_hex"]}))


def test_every_vector_is_looked_at() -> None:
    assert {vector["scheme"] for vector in VECTORS} == {*SCHEMES, "raw-hmac-sha256"}


def test_what_the_stripe_library_signs_is_believed_and_nothing_else() -> None:
    auth = Authentication(AuthType.STRIPE)
    at = int(time.time())
    signature = stripe.WebhookSignature._compute_signature(f"{at}.{BODY.decode()}", SECRET)
    headers = {"Stripe-Signature": f"t={at},v1={signature},v0=abc"}
    stripe.WebhookSignature.verify_header(BODY.decode(), headers["Stripe-Signature"], SECRET, tolerance=300)
    assert believed(auth, [SECRET], sent(BODY, headers))
    assert not believed(auth, [SECRET], sent(BODY + b" ", headers))
    assert not believed(auth, ["another"], sent(BODY, headers))
    assert not believed(auth, [SECRET], sent(BODY, {"Stripe-Signature": f"t={at + 1},v1={signature}"}))
    assert not believed(auth, [SECRET], sent(BODY, {"Stripe-Signature": f"t={at},v0={signature}"}))


def test_what_the_standard_webhooks_library_signs_is_believed_and_nothing_else() -> None:
    auth = Authentication(AuthType.STANDARD_WEBHOOKS)
    secret = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()
    at = datetime.now(UTC)
    signature = standardwebhooks.Webhook(secret).sign("msg_1", at, BODY.decode())
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}
    assert believed(auth, [secret], sent(BODY, headers))
    assert not believed(auth, [secret], sent(BODY, {**headers, "webhook-id": "msg_2"}))
    assert not believed(auth, [secret], sent(BODY[1:], headers))
    assert not believed(auth, [secret], sent(BODY, {**headers, "webhook-signature": signature.replace("v1", "v2")}))


@pytest.mark.parametrize("auth_type", [AuthType.STRIPE, AuthType.SLACK, AuthType.STANDARD_WEBHOOKS])
@pytest.mark.parametrize("off", [-TOLERANCE_SECONDS - 1, TOLERANCE_SECONDS + 1])
def test_a_right_signature_of_another_time_is_a_replay(auth_type: AuthType, off: int) -> None:
    now = 1_800_000_000
    at = now + off
    secret = "whsec_" + base64.b64encode(b"k" * 24).decode()
    what = signed_at(auth_type, secret, at)
    refusal = check(Authentication(auth_type), [secret], what, now)
    assert refusal is not None
    assert refusal.reason == EXPIRED
    assert believed(Authentication(auth_type), [secret], what, at + TOLERANCE_SECONDS)


def signed_at(auth_type: AuthType, secret: str, at: int) -> Incoming:
    if auth_type is AuthType.STRIPE:
        digest = hmac.new(secret.encode(), f"{at}.".encode() + BODY, hashlib.sha256).hexdigest()
        return sent(BODY, {"Stripe-Signature": f"t={at},v1={digest}"})
    if auth_type is AuthType.SLACK:
        digest = hmac.new(secret.encode(), f"v0:{at}:".encode() + BODY, hashlib.sha256).hexdigest()
        return sent(BODY, {"X-Slack-Request-Timestamp": str(at), "X-Slack-Signature": f"v0={digest}"})
    raw = hmac.new(standard_key(secret), f"m.{at}.".encode() + BODY, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(raw).decode()}"
    return sent(BODY, {"webhook-id": "m", "webhook-timestamp": str(at), "webhook-signature": signature})


@pytest.mark.parametrize("secrets", [["new", "old"], ["old", "new"]])
@pytest.mark.parametrize("used", ["new", "old"])
def test_while_a_secret_rotates_both_are_believed(secrets: list[str], used: str) -> None:
    digest = hmac.new(used.encode(), BODY, hashlib.sha256).hexdigest()
    assert believed(Authentication(AuthType.GITHUB), secrets, sent(BODY, {"X-Hub-Signature-256": f"sha256={digest}"}))
    assert believed(Authentication(AuthType.BEARER), secrets, sent(BODY, {"Authorization": f"Bearer {used}"}))


@pytest.mark.parametrize(
    ("encoding", "write"),
    [
        (Encoding.HEX, lambda raw: raw.hex()),
        (Encoding.HEX, lambda raw: raw.hex().upper()),
        (Encoding.BASE64, lambda raw: base64.b64encode(raw).decode()),
        (Encoding.BASE64URL, lambda raw: base64.urlsafe_b64encode(raw).decode()),
        (Encoding.BASE64URL, lambda raw: base64.urlsafe_b64encode(raw).decode().rstrip("=")),
    ],
)
@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_generic_hmac_is_believed_in_every_algorithm_and_encoding(
    encoding: Encoding, write: Any, algorithm: Algorithm
) -> None:
    auth = Authentication(AuthType.HMAC, header="X-Acme-Mac", algorithm=algorithm, encoding=encoding, prefix="mac=")
    value = write(hmac.new(SECRET.encode(), BODY, str(algorithm)).digest())
    assert believed(auth, [SECRET], sent(BODY, {"x-acme-mac": f"mac={value}"}))
    assert not believed(auth, [SECRET], sent(BODY, {"x-acme-mac": value}))
    assert not believed(auth, [SECRET], sent(BODY + b"x", {"x-acme-mac": f"mac={value}"}))
    assert check(auth, [SECRET], sent(BODY, {}), 0) is not None


def test_basic_authentication_needs_user_and_secret() -> None:
    auth = Authentication(AuthType.BASIC, username="jürgen")

    def header(pair: str) -> dict[str, str]:
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}

    assert believed(auth, [SECRET], sent(BODY, header(f"jürgen:{SECRET}")))
    assert not believed(auth, [SECRET], sent(BODY, header(f"other:{SECRET}")))
    assert not believed(auth, [SECRET], sent(BODY, header("jürgen:")))
    assert not believed(auth, [SECRET], sent(BODY, {"Authorization": "Basic ???"}))
    assert not believed(auth, [SECRET], sent(BODY, {"Authorization": f"Bearer {SECRET}"}))


@pytest.mark.parametrize("auth_type", [each for each in AuthType if each is not AuthType.NONE])
@pytest.mark.parametrize("value", ["", "=", ",,,,", "v1,", "t=,v1=", "ü" * 50, "t=1" + ",v1=x" * 5_000, "sha256="])
def test_a_hostile_header_is_refused_and_nothing_breaks(auth_type: AuthType, value: str) -> None:
    auth = Authentication(auth_type, header="X-Mac", username="u")
    names = [
        "Authorization",
        "X-Hub-Signature-256",
        "Stripe-Signature",
        "X-Slack-Signature",
        "X-Slack-Request-Timestamp",
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
        "X-Twilio-Signature",
        "X-Mac",
    ]
    refusal = check(auth, ["whsec_" + "QUJD"], sent(BODY, dict.fromkeys(names, value)), time.time())
    assert refusal is not None
    assert refusal.reason in {MISSING, INVALID, EXPIRED, "CREDENTIALS_INVALID"}
    assert "QUJD" not in refusal.message


def test_without_authentication_everything_is_believed() -> None:
    assert believed(Authentication(), [], sent(BODY, {}))


def test_without_a_secret_nothing_is_believed() -> None:
    digest = hmac.new(b"", BODY, hashlib.sha256).hexdigest()
    what = sent(BODY, {"X-Hub-Signature-256": f"sha256={digest}", "Authorization": "Bearer "})
    assert not believed(Authentication(AuthType.GITHUB), [], what)
    assert not believed(Authentication(AuthType.BEARER), [], what)
