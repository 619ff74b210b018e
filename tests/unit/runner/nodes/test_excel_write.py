import asyncio
from datetime import datetime

import pytest
from openpyxl import load_workbook

ROWS = [{"name": "Ada", "amount": 17.5, "more": {"a": 1}}, {"name": "=1+1", "amount": 10**16, "more": None}]


@pytest.fixture
def loaded(place):
    """Opens a workbook of the execution's folder, closes it in the end."""
    books = []

    def load(name):
        books.append(load_workbook(place.workdir / name))
        return books[-1]

    yield load
    for book in books:
        book.close()


async def test_several_sheets_are_written_with_bold_headers_and_texts_stay_texts(place, loaded):
    sheets = [
        {"name": "Orders", "rows": ROWS, "formats": {"amount": "0.00"}},
        {"name": "Names", "rows": ROWS, "columns": ["name"], "header": False},
        {"name": "None", "rows": []},
    ]
    output = await place.run("excel.write", path="out/a.xlsx", sheets=sheets)
    assert (output["sheets"], output["rows"]) == (["Orders", "Names", "None"], 4)
    assert output["size"] == (place.workdir / "out/a.xlsx").stat().st_size
    book = loaded("out/a.xlsx")
    orders = book["Orders"]
    assert [cell.value for cell in orders[1]] == ["name", "amount", "more"]
    assert orders["A1"].font.bold
    assert not orders["A2"].font.bold
    assert orders.freeze_panes == "A2"
    assert (orders["B2"].value, orders["B2"].number_format) == (17.5, "0.00")
    assert (orders["C2"].value, orders["B3"].value) == ('{"a": 1}', "10000000000000000")
    assert (orders["A3"].value, orders["A3"].data_type) == ("=1+1", "s")
    assert [row[0].value for row in book["Names"].rows] == ["Ada", "=1+1"]


async def test_formulas_and_real_dates_are_written_when_asked_for(place, loaded):
    sheet = {"name": "S", "rows": [{"sum": "=1+1", "day": "2024-05-17"}], "dates": ["day"], "formats": {"sum": "0"}}
    await place.run("excel.write", path="a.xlsx", sheets=[sheet], formulas=True)
    cells = loaded("a.xlsx")["S"]
    assert (cells["A2"].data_type, cells["B2"].value) == ("f", datetime(2024, 5, 17))  # noqa: DTZ001 - Excel knows no zones
    assert cells["B2"].is_date


async def test_an_update_keeps_the_workbook_and_replaces_a_sheet_in_its_place(place, loaded):
    sheets = [{"name": name, "rows": ROWS} for name in ("A", "B", "C")]
    await place.run("excel.write", path="a.xlsx", sheets=sheets)
    changed = [{"name": "b", "rows": ROWS[:1]}, {"name": "D", "rows": ROWS}]
    output = await place.run("excel.write", path="a.xlsx", sheets=changed, ifExists="update")
    assert output["sheets"] == ["A", "b", "C", "D"]
    book = loaded("a.xlsx")
    assert [sheet.max_row for sheet in book.worksheets] == [3, 2, 3, 3]
    assert book["A"]["A1"].font.bold
    assert book["A"]["A3"].data_type == "s"


async def test_branches_that_add_sheets_at_the_same_time_lose_none(place, loaded):
    await asyncio.gather(
        *(
            place.run("excel.write", path="a.xlsx", sheets=[{"name": f"S{number}", "rows": ROWS}], ifExists="update")
            for number in range(8)
        )
    )
    assert sorted(loaded("a.xlsx").sheetnames) == [f"S{number}" for number in range(8)]


@pytest.mark.parametrize(
    ("sheet", "code"),
    [
        ({"name": "S", "rows": [{"a": "bell\x07"}]}, "EXCEL_BAD_VALUE"),
        ({"name": "S", "rows": [{"a": "x" * 32_768}]}, "EXCEL_BAD_VALUE"),
        ({"name": "S", "rows": [{"a": "soon"}], "dates": ["a"]}, "EXCEL_BAD_VALUE"),
        ({"name": "S", "rows": [{"a": 1}], "columns": ["b"]}, "MISSING_COLUMN"),
    ],
)
async def test_what_excel_cannot_hold_is_named_and_the_old_file_stays(place, sheet, code):
    before = place.write("a.xlsx", "old").read_bytes()
    assert (await place.fail("excel.write", path="a.xlsx", sheets=[sheet])).code == code
    assert (place.workdir / "a.xlsx").read_bytes() == before
    assert place.names() == ["a.xlsx"]


async def test_other_files_are_not_taken_for_workbooks(place):
    sheet = {"name": "S", "rows": ROWS}
    place.write("a.xlsx", "no workbook")
    assert (
        await place.fail("excel.write", path="a.xlsx", sheets=[sheet], ifExists="update")
    ).code == "EXCEL_UNREADABLE"
    assert (await place.fail("excel.write", path="a.xlsx", sheets=[sheet], ifExists="fail")).code == "FILE_EXISTS"
    assert (await place.fail("excel.write", path="a.xls", sheets=[sheet])).code == "EXCEL_UNREADABLE"


@pytest.mark.parametrize("name", ["", "x" * 32, "a/b", "[1]", "'a"])
async def test_a_name_that_excel_refuses_is_refused_at_once(place, name):
    with pytest.raises(ValueError, match="31 characters"):
        await place.run("excel.write", path="a.xlsx", sheets=[{"name": name, "rows": []}])
