"""A preview shows the beginning of what is long, and says so."""

import json

from services.scheduler.expressions.abridging import CHARACTERS, DEPTH, ELEMENTS, VALUES, abridge


def test_what_is_short_stays_whole() -> None:
    value = {"rows": [{"id": 1, "name": "Ada"}, None, True, 1.5]}
    abridged = abridge(value)
    assert (abridged.value, abridged.cut) == (value, False)


def test_long_texts_lists_and_objects_are_cut_and_it_is_said() -> None:
    for long, kept in (
        ("x" * (CHARACTERS + 1), "x" * CHARACTERS),
        (list(range(ELEMENTS + 1)), list(range(ELEMENTS))),
        ({str(n): n for n in range(ELEMENTS + 1)}, {str(n): n for n in range(ELEMENTS)}),
    ):
        abridged = abridge(long)
        assert (abridged.value, abridged.cut) == (kept, True)


def test_many_values_in_many_lists_end_in_time() -> None:
    row = [0] * ELEMENTS
    abridged = abridge([[row] * ELEMENTS] * ELEMENTS)
    assert abridged.cut
    assert json.dumps(abridged.value).count("0") <= VALUES


def test_what_is_nested_too_deep_is_left_out() -> None:
    value: list[object] = []
    for _ in range(500):
        value = [value]
    abridged = abridge(value)
    assert abridged.cut
    assert json.dumps(abridged.value).count("[") == DEPTH + 1
