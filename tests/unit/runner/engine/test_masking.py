"""Masking: a secret is hidden in whatever shape it leaves."""

import base64
import json
from itertools import pairwise
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


def test_what_is_learnt_later_is_hidden_from_then_on_also_in_open_streams():
    masker = Masker([])
    stream = masker.stream()
    assert stream.feed("a secret-1 ") == "a secret-1 "
    masker.learn(["secret-1", ""])
    assert stream.feed("a secret-1 ") + stream.close() == f"a {MASK} "
    assert masker.json({"a": "secret-1"}) == {"a": MASK}


def test_of_many_learnt_secrets_the_last_are_hidden_and_given_ones_always():
    masker = Masker(["given-secret"])
    for number in range(100):
        masker.learn([f"learnt-{number:02}"])
    assert masker.text("given-secret learnt-00 learnt-99 learnt-80") == f"{MASK} learnt-00 {MASK} {MASK}"


def test_each_line_of_a_key_is_hidden_where_it_stands_alone():
    key = "-----BEGIN KEY-----\r\nAAAAB3NzaC1yc2EAAAADAQABAAAB\r\nQ==\r\n-----END KEY-----\r\n"
    masker = Masker([key])
    assert masker.text("AAAAB3NzaC1yc2EAAAADAQABAAAB") == MASK
    assert masker.text("Q==") == "Q=="
    assert masker.text(key) == MASK


ALPHABET = st.sampled_from('abc&"\n ')


@given(
    secrets=st.lists(st.text(ALPHABET, min_size=4, max_size=9), max_size=3),
    words=st.lists(st.text(ALPHABET, max_size=6), max_size=8),
    cuts=st.lists(st.integers(0, 80), max_size=8),
)
def test_a_text_in_pieces_is_masked_like_the_whole(secrets, words, cuts):
    masker = Masker(secrets)
    text = "".join(word + secret for word, secret in zip(words, [*secrets, *[""] * 8], strict=False))
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    stream = masker.stream()
    told = "".join(stream.feed(text[begin:end]) for begin, end in pairwise(places)) + stream.close()
    # A text that is nothing but a secret is hidden whole, which a stream cannot know.
    assert told == (masker.text(f"{text}.")[:-1] if text else "")


@given(st.text(ALPHABET, min_size=4, max_size=12), st.integers(1, 5))
def test_no_shape_of_a_secret_passes_a_stream(secret, size):
    for shape in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1], base64.b64encode(secret.encode()).decode()):
        stream = Masker([secret]).stream()
        pieces = [shape[start : start + size] for start in range(0, len(shape), size)]
        assert "".join(map(stream.feed, ["<", *pieces, ">"])) + stream.close() == f"<{MASK}>"


@given(st.text(min_size=8, max_size=30), st.text(max_size=5), st.text(max_size=5))
def test_base64_of_a_secret_inside_a_longer_text_gives_nothing_away(secret, before, after):
    encoded = base64.b64encode((before + secret + after).encode()).decode()
    masked = Masker([secret]).text(encoded)
    assert MASK in masked
    # At most the letters that share bits with the neighbours are left.
    assert len(masked.replace(MASK, "")) <= len(base64.b64encode((before + after).encode())) + 8
