from datetime import date, datetime, time

import pytest
from openpyxl import Workbook

from runner.nodes.excel_read import CellRange


@pytest.fixture
def book(place):
    """A sheet whose table begins at B3, and a second, empty sheet."""
    book = Workbook()
    sheet = book.active
    sheet.title = "May"
    sheet["B3"], sheet["C3"], sheet["D3"] = "name", "amount", "day"
    sheet["B4"], sheet["C4"], sheet["D4"] = "Ada", 17, date(2024, 5, 17)
    sheet["B6"], sheet["C6"], sheet["D6"] = True, 1.5, datetime(2024, 5, 17, 8, 30)  # noqa: DTZ001 - Excel knows no zones
    sheet["D7"] = time(8, 30)
    book.create_sheet("Empty")
    path = place.workdir / "a.xlsx"
    book.save(path)
    book.close()
    return path


async def test_a_sheet_is_read_from_where_its_table_begins(place, book):
    output = await place.run("excel.read", path="a.xlsx")
    assert output["columns"] == ["name", "amount", "day"]
    assert output["rows"] == [
        {"name": "Ada", "amount": 17, "day": "2024-05-17"},
        {"name": True, "amount": 1.5, "day": "2024-05-17T08:30:00"},
        {"name": None, "amount": None, "day": "08:30:00"},
    ]
    assert (output["sheet"], output["sheets"], output["path"]) == ("May", ["May", "Empty"], str(book))
    assert type(output["rows"][0]["amount"]) is int


@pytest.mark.parametrize(
    ("config", "rows"),
    [
        ({"range": "B3:C4"}, [{"name": "Ada", "amount": 17}]),
        ({"range": "C:C"}, [{"amount": 17}, {"amount": 1.5}]),
        ({"range": "C4", "header": False, "maxRows": 9}, [
            {"column1": 17, "column2": "2024-05-17"},
            {"column1": 1.5, "column2": "2024-05-17T08:30:00"},
            {"column1": None, "column2": "08:30:00"},
        ]),
        ({"range": "A3:B4"}, [{"column1": None, "name": "Ada"}]),
        ({"range": "B4:B7", "header": False, "emptyRows": True}, [
            {"column1": "Ada"}, {"column1": None}, {"column1": True}, {"column1": None},
        ]),
        ({"range": "A1:B2", "header": False, "emptyRows": True}, [
            {"column1": None, "column2": None}, {"column1": None, "column2": None},
        ]),
        ({"range": "X90:Z99"}, []),
        ({"sheet": "EMPTY"}, []),
        ({"sheet": 2}, []),
    ],
)  # fmt: skip
async def test_a_range_is_counted_from_the_sheets_corner(place, book, config, rows):
    assert (await place.run("excel.read", path="a.xlsx", **config))["rows"] == rows


@pytest.mark.parametrize("sheet", ["June", 0, 3])
async def test_an_unknown_sheet_is_answered_with_those_there_are(place, book, sheet):
    failure = await place.fail("excel.read", path="a.xlsx", sheet=sheet)
    assert (failure.code, failure.details) == ("SHEET_NOT_FOUND", {"sheets": ["May", "Empty"]})


async def test_more_rows_than_allowed_and_what_is_no_workbook_are_failures(place, book):
    assert (await place.fail("excel.read", path="a.xlsx", maxRows=2)).code == "TABLE_TOO_LARGE"
    assert (await place.run("excel.read", path="a.xlsx", maxRows=3))["count"] == 3
    place.write("b.xlsx", "no workbook")
    assert (await place.fail("excel.read", path="b.xlsx")).code == "EXCEL_UNREADABLE"
    assert (await place.fail("excel.read", path="none.xlsx")).code == "FILE_NOT_FOUND"


@pytest.mark.parametrize("text", ["", "B0", "1:2", "B2:A1", "B2:B1", "Sheet!A1", "ABCD1"])
def test_what_is_no_range_is_refused(text):
    with pytest.raises(ValueError, match="range"):
        CellRange.parse(text)
