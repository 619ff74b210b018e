"""Masking: a secret is hidden in whatever shape it leaves."""

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.engine.masking import MASK, Masker

SECRET = 'geh"eim & <süß>/+1'


@pytest.mark.parametrize(
    "shape",
    [
        SECRET,
        quote(SECRET, safe=""),
        json.dumps(SECRET),
        json.dumps({"a": SECRET}, ensure_ascii=False),
        base64.b64encode(SECRET.encode()).decode(),
        base64.b64encode(f"user:{SECRET}".encode()).decode(),
        base64.urlsafe_b64encode(f"me:{SECRET}:x".encode()).decode(),
    ],
)
def test_each_shape_of_a_secret_is_hidden(shape):
    masked = Masker([SECRET]).text(f"before {shape} after")
    assert MASK in masked
    assert masked.startswith("before ")
    assert shape not in masked


def test_documents_are_masked_in_keys_and_values_and_left_alone_without_secrets():
    document = {SECRET: [1, None, {"a": f"x{SECRET}"}]}
    assert Masker([SECRET]).json(document) == {MASK: [1, None, {"a": f"x{MASK}"}]}
    assert Masker([]).json(document) is document


def test_a_short_secret_is_hidden_only_where_it_is_everything():
    masker = Masker(["1", ""])
    assert masker.text("1") == MASK
    assert masker.text("21") == "21"


def test_the_longer_of_two_secrets_wins():
    assert Masker(["secret", "secret-and-more"]).text("a secret-and-more b secret") == f"a {MASK} b {MASK}"


@given(st.text(min_size=8, max_size=30), st.text(max_size=5), st.text(max_size=5))
def test_base64_of_a_secret_inside_a_longer_text_gives_nothing_away(secret, before, after):
    encoded = base64.b64encode((before + secret + after).encode()).decode()
    masked = Masker([secret]).text(encoded)
    assert MASK in masked
    # At most the letters that share bits with the neighbours are left.
    assert len(masked.replace(MASK, "")) <= len(base64.b64encode((before + after).encode())) + 8
