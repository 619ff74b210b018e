"""The `.lic` file: what is genuine, and what is refused with which reason."""

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from scripts.licences import sign
from services.kit.errors import DomainError, Kind
from services.license.envelope import canonical, read_licence, signed_bytes
from services.license.keys import KeyRing, kid_of
from tests.licences import NOON, PUBLIC_KEY, SIGNING_KEY, licence, terms

KEYS = KeyRing.parse(PUBLIC_KEY + " a reseller")


def refusal(text: str) -> str:
    with pytest.raises(DomainError) as refused:
        read_licence(text, KEYS)
    assert refused.value.kind in (Kind.INVALID, Kind.TOO_LARGE)
    assert [field.pointer for field in refused.value.fields] == ["/file"]
    return refused.value.reason


def test_a_genuine_licence_says_what_was_sold() -> None:
    found = read_licence(licence(id="L1", customer="Müller & Söhne"), KEYS)
    assert (found.terms.id, found.terms.customer, found.terms.runners) == ("L1", "Müller & Söhne", 25)
    assert (found.terms.concurrent_executions, found.terms.features) == (200, ("support",))
    assert found.terms.not_before == NOON
    assert found.kid == kid_of(base64.b64decode(PUBLIC_KEY))


def test_blanks_and_the_order_of_members_do_not_matter() -> None:
    text = licence(customer='Ada\u2028 "q" \\ ü'.replace("\u2028", ""))
    document = json.loads(text)
    turned = json.dumps(dict(reversed(document.items())), ensure_ascii=True, indent=7)
    assert read_licence("\ufeff\r\n" + turned + "\n", KEYS) == read_licence(text, KEYS)


def test_the_canonical_form_is_as_documented() -> None:
    document = {"b": [1, True, None], "a": 'ü"\\\n\x01/', "A": {}}
    assert canonical(document) == '{"A":{},"a":"ü\\"\\\\\\n\\u0001/","b":[1,true,null]}'.encode()
    assert signed_bytes("k", {}) == b'{"format":"exekra-licence/1","kid":"k","licence":{}}'


def test_what_this_version_does_not_know_is_signed_and_ignored() -> None:
    assert read_licence(licence(robots={"flying": 3}), KEYS).terms.runners == 25


def _changes() -> list[tuple[str, Any]]:
    """Every single member of a licence changed, taken away or added."""
    original = terms()
    changed = [({**original, name: "2" if value is None else None}) for name, value in original.items()]
    removed = [{other: value for other, value in original.items() if other != name} for name in original]
    more = [{**original, "limits": {**original["limits"], "runners": 26}}, {**original, "x": 1}]
    return [(json.dumps(original), document) for document in [*changed, *removed, *more]]


@pytest.mark.parametrize(("original", "document"), _changes())
def test_any_change_of_what_was_signed_is_seen(original: str, document: Any) -> None:
    envelope = json.loads(sign(json.loads(original), SIGNING_KEY))
    assert refusal(json.dumps({**envelope, "licence": document})) == "LICENCE_TAMPERED"


@given(st.integers(0, 63), st.integers(1, 255))
def test_any_other_signature_is_refused(place: int, flip: int) -> None:
    envelope = json.loads(licence())
    signature = bytearray(base64.b64decode(envelope["signature"]))
    signature[place] ^= flip
    assert refusal(json.dumps({**envelope, "signature": base64.b64encode(signature).decode()})) == "LICENCE_TAMPERED"


def test_a_signature_of_another_key_under_this_keys_name_is_refused() -> None:
    envelope = json.loads(licence(key=Ed25519PrivateKey.generate()))
    assert refusal(json.dumps(envelope)) == "LICENCE_KEY_UNKNOWN"
    assert refusal(json.dumps({**envelope, "kid": json.loads(licence())["kid"]})) == "LICENCE_TAMPERED"


@pytest.mark.parametrize("signature", [None, 5, "", "###", "ü", "AAAA", "A" * 87, "A" * 10_000])
def test_what_is_no_signature_is_refused(signature: object) -> None:
    assert refusal(json.dumps({**json.loads(licence()), "signature": signature})) == "LICENCE_TAMPERED"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "[]",
        "{}",
        "null",
        "\x00",
        "[" * 60_000,
        '{"a":' * 10_000,
        '{"kid": 1, "kid": 1}',
        licence().replace('"format": "exekra-licence/1"', '"format": "exekra-licence/2"'),
        licence().replace('"kid"', '"kid": "x", "kid"'),
        licence().replace("200", "200.0"),
        licence().replace("200", "NaN"),
        licence().replace("200", "9" * 5_000),
        licence().replace("Acme", "\\ud800"),
        json.dumps({**json.loads(licence()), "more": 1}),
        json.dumps({**json.loads(licence()), "licence": []}),
        json.dumps({**json.loads(licence()), "kid": ["x"]}),
    ],
)
def test_what_is_no_licence_file_is_refused_as_that(text: str) -> None:
    assert refusal(text) == "LICENCE_MALFORMED"


def test_a_huge_file_is_refused_before_it_is_read() -> None:
    assert refusal(licence() + " " * 65_536) == "LICENCE_TOO_LARGE"
    assert refusal("\ud800" * 40_000) == "LICENCE_TOO_LARGE"


@pytest.mark.parametrize(
    "changed",
    [
        {"limits": {"runners": 0, "concurrentExecutions": 1}},
        {"limits": {"runners": True, "concurrentExecutions": 1}},
        {"limits": {"runners": 1}},
        {"limits": {"runners": 10**9, "concurrentExecutions": 1}},
        {"limits": 5},
        {"features": "all"},
        {"features": [""]},
        {"customer": ""},
        {"customer": "x" * 201},
        {"customer": "a\nb"},
        {"id": 5},
        {"notBefore": "2027-03-01"},
        {"expires": "2027-02-30T00:00:00Z"},
        {"expires": "2020-01-01T00:00:00Z"},
        {"issuedAt": None},
    ],
)
def test_a_signed_licence_that_makes_no_sense_is_refused(changed: dict[str, Any]) -> None:
    assert refusal(sign({**terms(), **changed}, SIGNING_KEY)) == "LICENCE_MALFORMED"


@pytest.mark.parametrize("line", ["x", "AAAA", "ü", "=" * 44])
def test_a_line_that_is_no_public_key_is_named(line: str) -> None:
    with pytest.raises(ValueError, match="Line 3 "):
        KeyRing.parse(f"{PUBLIC_KEY} ours\n\n{line}")


def test_a_licence_of_the_products_own_key_needs_no_setting() -> None:
    ring = KeyRing.parse("")
    assert ring.find("eef2fa5cd126e5ef") is not None
    assert ring.find(kid_of(base64.b64decode(PUBLIC_KEY))) is None
