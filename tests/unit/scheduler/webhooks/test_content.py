"""What a delivery says to a workflow, whatever bytes it was made of."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.workflow.documents import parse_document
from services.scheduler.webhooks.content import (
    MAXIMUM_FIELDS,
    REDACTED,
    by_name,
    dedupe_id,
    parse_pairs,
    preview,
    redact_headers,
    redact_query,
    webhook_document,
)
from services.scheduler.webhooks.model import AuthType, Incoming

TYPES = [
    "",
    "application/json",
    "application/json; charset=utf-16",
    "text/plain; charset=utf-16",
    "text/plain; charset=latin-1",
    "text/plain; charset=idna",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "☃",
]


def sent(body: bytes = b"", content_type: str = "", query: str = "", **headers: str) -> Incoming:
    given = [("content-type", content_type), *((name.replace("_", "-"), value) for name, value in headers.items())]
    return Incoming(headers=given, query=query, body=body, ip="::1")


@given(
    body=st.binary(max_size=300) | st.text().map(str.encode), kind=st.sampled_from(TYPES), query=st.text(max_size=50)
)
def test_whatever_comes_is_a_document_that_may_be_stored(body: bytes, kind: str, query: str) -> None:
    document = webhook_document("d", "2026-01-01T00:00:00Z", sent(body, kind, query, x_any="\x7fé"))
    text = json.dumps(document, ensure_ascii=False).encode()
    assert parse_document(text) == document
    shown, _ = preview(body, kind)
    assert "\x00" not in shown


@pytest.mark.parametrize(
    "name",
    [
        "authorization",
        "proxy-authorization",
        "cookie",
        "set-cookie",
        "x-api-key",
        "apikey",
        "x-gitlab-token",
        "x-auth-token",
        "x-amz-security-token",
        "x-webhook-secret",
        "x-csrf",
    ],
)
def test_a_header_that_lets_somebody_in_is_redacted(name: str) -> None:
    assert redact_headers([(name, "value")]) == [(name, REDACTED)]


@pytest.mark.parametrize(
    "name", ["x-hub-signature-256", "stripe-signature", "webhook-signature", "x-request-id", "user-agent", "webhook-id"]
)
def test_what_tells_only_about_the_delivery_stays(name: str) -> None:
    assert redact_headers([(name, "value")]) == [(name, "value")]


def test_a_query_is_shown_without_its_credentials() -> None:
    assert redact_query("a=1&API_KEY=k&b[]=2&access_token=t") == "a=1&API_KEY=[redacted]&b[]=2&access_token=[redacted]"
    assert redact_query("acces%73_token=t") == "access_token=[redacted]"
    assert redact_query("a=%zz&&b") == "a=%zz&&b"


def test_what_stands_several_times_is_a_list() -> None:
    assert by_name([("a", "1"), ("b", "2"), ("a", "3"), ("a", "4")]) == {"a": ["1", "3", "4"], "b": "2"}


def test_a_form_of_very_many_fields_is_not_taken_apart() -> None:
    assert parse_pairs("&".join(f"f{n}=1" for n in range(MAXIMUM_FIELDS + 1))) == []
    assert len(parse_pairs("&".join(f"f{n}=1" for n in range(MAXIMUM_FIELDS)))) == MAXIMUM_FIELDS


def test_a_delivery_is_known_by_what_its_sender_calls_it() -> None:
    assert dedupe_id(AuthType.NONE, sent(webhook_id="a", idempotency_key="b")) == "a"
    assert dedupe_id(AuthType.NONE, sent(idempotency_key="b" * 500)) == "b" * 200
    assert dedupe_id(AuthType.NONE, sent(b'{"id": "evt_1"}', "application/json")) == ""
    assert dedupe_id(AuthType.STRIPE, sent(b'{"id": "evt_1"}', "application/json")) == "evt_1"
    assert dedupe_id(AuthType.STRIPE, sent(b'{"id": 7}', "application/json")) == ""
    assert dedupe_id(AuthType.STRIPE, sent(b"[]", "application/json")) == ""
    assert dedupe_id(AuthType.SLACK, sent(b'{"event_id": "Ev1"}', "application/json")) == "Ev1"
