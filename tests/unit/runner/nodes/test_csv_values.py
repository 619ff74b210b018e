import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.nodes.csv_values import field_text, looks_like_numbers, parse_boolean, parse_date, parse_number


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [
        ("17", ".", 17),
        (" -1.50 ", ".", -1.5),
        ("1,234.5", ".", 1234.5),
        ("1.234,5", ",", 1234.5),
        ("1 234,5", ",", 1234.5),
        ("1'234'567", ".", 1234567),
        ("1e3", ".", 1000.0),
        (".5", ".", 0.5),
    ],
)
def test_numbers_are_read_as_people_write_them(text, decimal, number):
    parsed = parse_number(text, decimal)
    assert parsed == number
    assert type(parsed) is type(number)


@pytest.mark.parametrize(
    ("text", "decimal"),
    [("1,5", "."), ("1.5", ","), ("12,34", "."), ("1,2345", "."), ("", "."), ("nan", "."), ("inf", "."), ("1e999", "."),
     ("0x1", "."), ("1_000", "."), ("٣", "."), ("9" * 500, "."), ("12 34", ".")],
)  # fmt: skip
def test_what_may_mean_another_number_is_refused(text, decimal):
    with pytest.raises(ValueError, match="number"):
        parse_number(text, decimal)


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_that_is_written_is_read_back(number):
    assert parse_number(field_text(number, escape_formulas=True), ".") == number


def test_booleans_and_dates():
    assert [parse_boolean(text) for text in ("Yes", "0", " TRUE ")] == [True, False, True]
    assert parse_date("17.05.2024", "%d.%m.%Y") == "2024-05-17"
    assert parse_date("17.05.2024 08:30", "%d.%m.%Y %H:%M") == "2024-05-17T08:30:00"
    with pytest.raises(ValueError, match="no date"):
        parse_date("2024-05-17", "%d.%m.%Y")


@pytest.mark.parametrize(
    ("texts", "verdict"),
    [
        (["1", None, "", "2.5"], True),
        (["1", "x"], False),
        (["007"], False),
        (["1234567890123456"], False),
        ([""], False),
    ],
)
def test_a_column_is_numbers_only_if_nothing_would_be_lost(texts, verdict):
    assert looks_like_numbers(texts, ".") is verdict


@pytest.mark.parametrize("text", ["=1+1", "+cmd|x", "-1+2", "@sum", "\tx", "＝1"])  # noqa: RUF001 - the wide sign is the point
def test_texts_that_a_spreadsheet_would_compute_are_escaped(text):
    assert field_text(text, escape_formulas=True) == "'" + text
    assert field_text(text, escape_formulas=False) == text


def test_numbers_in_texts_are_not_escaped():
    assert field_text("-1.5", escape_formulas=True) == "-1.5"
