import pytest

from tests.unit.runner.nodes.harness import Condition

ROWS = [
    {"name": "b", "amount": 2},
    {"name": "a", "amount": None},
    {"name": "C", "amount": 1.5},
    {"name": "a", "amount": 10},
]


async def test_a_filter_sees_row_and_index_and_keeps_the_columns(place):
    output = await place.run(
        "table.filter", rows=ROWS, condition=Condition(lambda item, index: item["amount"] and index)
    )
    assert output == {"rows": [ROWS[2], ROWS[3]], "columns": ["name", "amount"], "count": 2, "removed": 2}


@pytest.mark.parametrize(
    ("by", "order"),
    [
        ([{"column": "amount"}], [2, 0, 3, 1]),
        ([{"column": "amount", "descending": True}], [3, 0, 2, 1]),
        ([{"column": "amount", "nulls": "first"}], [1, 2, 0, 3]),
        ([{"column": "amount", "descending": True, "nulls": "first"}], [1, 3, 0, 2]),
        ([{"column": "name"}], [2, 1, 3, 0]),
        ([{"column": "name", "ignoreCase": True}], [1, 3, 0, 2]),
        ([{"column": "name", "descending": True}, {"column": "amount"}], [0, 3, 1, 2]),
    ],
)
async def test_sorting_goes_column_by_column_and_puts_empty_values_where_told(place, by, order):
    assert (await place.run("table.sort", rows=ROWS, by=by))["rows"] == [ROWS[index] for index in order]


async def test_values_that_cannot_be_ordered_and_unknown_columns_are_named(place):
    failure = await place.fail("table.sort", rows=[{"a": 1}, {"a": "x"}], by=[{"column": "a"}])
    assert (failure.code, failure.details["types"]) == ("MIXED_TYPES", ["number", "text"])
    failure = await place.fail("table.sort", rows=ROWS, by=[{"column": "nmae"}])
    assert (failure.code, failure.message) == ("MISSING_COLUMN", "The table has no column nmae; it has: name, amount.")


async def test_an_empty_table_has_no_wrong_columns(place):
    assert (await place.run("table.sort", rows=[], by=[{"column": "a"}]))["count"] == 0
    assert (await place.run("table.dedupe", rows=[], by=["a"]))["count"] == 0
    assert (await place.run("table.group", rows=[], by=["a"]))["groups"] == []


async def test_duplicates_are_found_as_json_compares(place):
    rows = [
        {"a": 1, "b": "first"},
        {"a": 1.0, "b": "last"},
        {"a": True},
        {"a": "1"},
        {"a": [1]},
        {"a": [1]},
        {"a": None},
        {},
    ]
    output = await place.run("table.dedupe", rows=rows, by=["a"])
    assert output["rows"] == [rows[0], rows[2], rows[3], rows[4], rows[6]]
    assert output["removed"] == 3
    last = await place.run("table.dedupe", rows=rows[:2], by=["a"], keep="last")
    assert last["rows"] == [rows[1]]
    assert (await place.run("table.dedupe", rows=[{"a": 1}, {"a": 1}, {"a": 1, "b": None}]))["count"] == 2


async def test_the_rows_given_are_not_changed(place):
    rows = [{"a": 2}, {"a": 1}]
    await place.run("table.sort", rows=rows, by=[{"column": "a"}])
    assert rows == [{"a": 2}, {"a": 1}]
