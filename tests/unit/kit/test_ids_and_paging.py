"""Identifiers sort by time; cursors come back as they were given and nothing else is taken for one."""

from uuid import UUID

import pytest

from services.kit.errors import DomainError
from services.kit.ids import is_id, new_id
from services.kit.paging import clamp_limit, decode_cursor, encode_cursor


def test_ids_are_uuid_version_7_and_sort_by_the_time_they_were_made():
    made = [new_id() for _ in range(1000)]
    assert all(UUID(identifier).version == 7 for identifier in made)
    assert len(set(made)) == len(made)
    milliseconds = [identifier[:13] for identifier in made]
    assert milliseconds == sorted(milliseconds)


@pytest.mark.parametrize("text", ["", "x", "01890A5D-AC96-774B-BCCE-B302099A8057", "1" * 36, "'; DROP TABLE x; --"])
def test_anything_but_a_canonical_uuid_is_no_id(text):
    assert not is_id(text)


def test_a_cursor_comes_back_as_it_was_given():
    assert decode_cursor(encode_cursor("2026-01-01T00:00:00Z", 7), "text", "number") == ["2026-01-01T00:00:00Z", 7]
    assert decode_cursor("", "id") is None


@pytest.mark.parametrize(
    "cursor",
    [
        "!!!",
        "bnVsbA",
        encode_cursor("a"),
        "eyJhIjoxfQ",
        "W1tdLDFd",
        "ä",
        encode_cursor("\x00", 1),
        encode_cursor("a", -1),
        encode_cursor("a", 2**63),
    ],
)
def test_a_foreign_cursor_is_refused_and_the_field_named(cursor):
    with pytest.raises(DomainError) as caught:
        decode_cursor(cursor, "text", "number")
    assert caught.value.fields[0].pointer == "/cursor"


def test_the_page_size_has_a_default_and_a_range():
    assert clamp_limit(0) == 50
    assert clamp_limit(200) == 200
    for limit in (-1, 201):
        with pytest.raises(DomainError):
            clamp_limit(limit)
