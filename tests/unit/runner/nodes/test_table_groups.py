import pytest

ORDERS = [
    {"customer": 1, "amount": 0.1, "day": "2024-05-02"},
    {"customer": 2, "amount": 5, "day": "2024-05-01"},
    {"customer": 1, "amount": 0.2, "day": "2024-05-01"},
    {"customer": 1, "amount": None, "day": None},
]
ALL_FIGURES = {
    "orders": {"op": "count"},
    "paid": {"op": "count", "of": "amount"},
    "total": {"op": "sum", "of": "amount"},
    "mean": {"op": "avg", "of": "amount"},
    "earliest": {"op": "min", "of": "day"},
    "latest": {"op": "max", "of": "day"},
    "opening": {"op": "first", "of": "amount"},
    "amounts": {"op": "list", "of": "amount"},
}


async def test_groups_carry_key_figures_and_rows_in_the_order_of_their_first_row(place):
    output = await place.run("table.group", rows=ORDERS, by=["customer"], aggregations=ALL_FIGURES)
    first, second = output["groups"]
    assert first["key"] == {"customer": 1}
    assert first["rows"] == [ORDERS[0], ORDERS[2], ORDERS[3]]
    assert first["values"] == {
        "orders": 3,
        "paid": 2,
        "total": 0.1 + 0.2,
        "mean": 0.15000000000000002,
        "earliest": "2024-05-01",
        "latest": "2024-05-02",
        "opening": 0.1,
        "amounts": [0.1, 0.2],
    }
    assert second["values"]["total"] == 5
    assert output["rows"] == [first["key"] | first["values"], second["key"] | second["values"]]
    assert output["columns"] == ["customer", *ALL_FIGURES]


async def test_figures_of_nothing_are_null_and_sums_of_nothing_zero(place):
    figures = {op: {"op": op, "of": "a"} for op in ("sum", "avg", "min", "max", "count", "first", "list")}
    output = await place.run(
        "table.group", rows=[{"k": 1, "a": None}], by=["k"], aggregations=figures, includeRows=False
    )
    assert output["groups"] == [
        {
            "key": {"k": 1},
            "values": {"sum": 0, "avg": None, "min": None, "max": None, "count": 0, "first": None, "list": []},
        }
    ]


async def test_sums_do_not_gather_rounding_errors(place):
    total = {"total": {"op": "sum", "of": "a"}}
    output = await place.run("table.group", rows=[{"k": 1, "a": 0.1}] * 10, by=["k"], aggregations=total)
    assert output["rows"] == [{"k": 1, "total": 1.0}]


async def test_wrong_columns_texts_and_configs_are_refused(place):
    total = {"t": {"op": "sum", "of": "day"}}
    assert (await place.fail("table.group", rows=ORDERS, by=["customer"], aggregations=total)).code == "NOT_A_NUMBER"
    assert (await place.fail("table.group", rows=ORDERS, by=["nobody"])).code == "MISSING_COLUMN"
    with pytest.raises(ValueError, match="needs the column"):
        await place.run("table.group", rows=ORDERS, by=["customer"], aggregations={"t": {"op": "sum"}})
    with pytest.raises(ValueError, match="cannot be called like"):
        await place.run("table.group", rows=ORDERS, by=["customer"], aggregations={"customer": {"op": "count"}})


CUSTOMERS = [{"id": 1, "name": "Ada", "day": "x"}, {"id": 1.0, "name": "Ada again"}, {"id": None, "name": "nobody"}]


async def test_an_inner_join_makes_a_row_for_each_match_and_counts_the_rest(place):
    output = await place.run("table.join", left=ORDERS, right=CUSTOMERS, on=["customer"], rightOn=["id"])
    assert output["columns"] == ["customer", "amount", "day", "name", "day_right"]
    assert output["count"] == 6
    assert output["unmatched"] == 1
    assert output["rows"][0] == ORDERS[0] | {"name": "Ada", "day_right": "x"}
    assert output["rows"][1] == ORDERS[0] | {"name": "Ada again", "day_right": None}


async def test_a_left_join_keeps_rows_without_a_match_and_empty_keys_match_nothing(place):
    left = [{"customer": 9}, {"customer": None}]
    output = await place.run("table.join", left=left, right=CUSTOMERS, on=["customer"], rightOn=["id"], how="left")
    assert [row["name"] for row in output["rows"]] == [None, None]


async def test_several_matches_are_treated_as_configured(place):
    tables = {"left": ORDERS[:1], "right": CUSTOMERS, "on": ["customer"], "rightOn": ["id"]}
    assert (await place.run("table.join", **tables, matches="first"))["count"] == 1
    failure = await place.fail("table.join", **tables, matches="fail")
    assert (failure.code, failure.details) == ("SEVERAL_MATCHES", {"customer": 1})


async def test_a_join_that_explodes_is_stopped(place, monkeypatch):
    monkeypatch.setattr("runner.nodes.table_groups.JOIN_LIMIT", 99)
    rows = [{"k": 1}] * 10
    assert (await place.fail("table.join", left=rows, right=rows, on=["k"])).code == "TABLE_TOO_LARGE"


async def test_an_empty_side_is_no_failure(place):
    assert (await place.run("table.join", left=[], right=CUSTOMERS, on=["id"]))["count"] == 0
    assert (await place.run("table.join", left=CUSTOMERS, right=[], on=["id"], how="left"))["count"] == 3
