"""Signatures against the standard's own library and vectors, and the names of events."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from services.kit.errors import DomainError
from services.scheduler.delivery.signing import make_secret, sign, signed_headers
from services.scheduler.delivery.types import TYPES, check_globs, matches
from services.scheduler.executions.lifecycle import TRANSITIONS


def test_the_example_of_the_standard_is_signed_as_it_says() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    signature = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body)
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.binary(max_size=200))
def test_the_standards_own_library_agrees(body: bytes) -> None:
    secret = make_secret()
    text = json.dumps({"body": body.hex()}).encode()
    headers = dict(signed_headers([make_secret(), secret], "evt_1", int(datetime.now(UTC).timestamp()), text))
    assert Webhook(secret).verify(text, headers) == {"body": body.hex()}


def test_secrets_differ_and_hold_256_bits() -> None:
    secrets = {make_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(secret.startswith("whsec_") and len(secret) == 50 for secret in secrets)


@pytest.mark.parametrize(
    ("glob", "name", "fits"),
    [
        ("*", "execution.failed", True),
        ("execution.*", "execution.contact_lost", True),
        ("*.failed", "execution.failed", True),
        ("execution.failed", "execution.failed", True),
        ("execution.fail", "execution.failed", False),
        ("execution.contact_lost", "execution.contactxlost", False),
        ("execution", "execution.failed", False),
    ],
)
def test_globs_know_the_star_alone(glob: str, name: str, fits: bool) -> None:
    assert matches(glob, name) is fits


@pytest.mark.parametrize("glob", ["execution.exploded", "endpoint.test", "EXECUTION.*", "execution.?", "", "a b"])
def test_a_glob_that_chooses_nothing_is_refused(glob: str) -> None:
    with pytest.raises(DomainError) as refused:
        check_globs(("execution.*", glob))
    assert refused.value.fields[0].pointer == "/eventTypes/1"


def test_every_status_of_an_execution_has_an_event() -> None:
    ends = {status.lower() for status in TRANSITIONS.values()} - {"assigned", "running", "queued"}
    assert {f"execution.{status}" for status in ends} <= TYPES.keys()
