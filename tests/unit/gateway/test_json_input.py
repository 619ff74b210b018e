"""JSON from outside: what is refused, and where it says the fault lies."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.transcoding.json_input import DEPTH, parse
from services.kit.errors import DomainError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


def _is_clean(value: object) -> bool:
    if isinstance(value, dict):
        return all(_is_clean(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return all(_is_clean(part) for part in value)
    return not isinstance(value, str) or not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in value)


@given(VALUES)
def test_parsing_keeps_what_it_accepts_and_refuses_the_rest_by_pointer(value: object) -> None:
    body = json.dumps(value).encode()
    if not _is_clean(value):
        with pytest.raises(DomainError) as refused:
            parse(body)
        assert refused.value.reason == "JSON_NOT_ACCEPTABLE"
        assert refused.value.fields
    else:
        assert parse(body) == value


@given(st.binary())
def test_no_bytes_raise_anything_but_a_domain_error(body: bytes) -> None:
    with contextlib.suppress(DomainError):
        parse(body)


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_the_limit_of_depth_is_exact(opening: bytes) -> None:
    closing = b"]" if opening == b"[" else b"}"

    def nested(levels: int) -> bytes:
        return opening * levels + b"1" + closing * levels

    assert parse(nested(DEPTH)) is not None
    with pytest.raises(DomainError) as refused:
        parse(nested(DEPTH + 1))
    assert refused.value.reason == "JSON_TOO_DEEP"


def test_integers_and_fractions_stay_what_they_are() -> None:
    parsed = parse(b'{"a":1,"b":1.0,"c":12345678901234567890,"d":1e3}')
    assert [type(value) for value in parsed.values()] == [int, float, int, float]


def test_brackets_in_text_are_no_depth() -> None:
    assert parse(json.dumps("[" * 500).encode()) == "[" * 500


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b'{"a":1,"a":2}', "/a"),
        (b'{"a":[{"b/c":1},{"b/c":1,"b/c":1}]}', "/a/1/b~1c"),
        (b'{"":{"~":1,"~":1}}', "//~0"),
    ],
)
def test_a_name_that_stands_twice_is_named(body: bytes, pointer: str) -> None:
    with pytest.raises(DomainError) as refused:
        parse(body)
    assert refused.value.fields[0].pointer == pointer


def test_a_whole_surrogate_pair_is_a_character() -> None:
    assert parse(b'"\\ud83d\\ude00"') == "\N{GRINNING FACE}"
