"""The form challenge's ten people, as its workbook holds them."""

import csv
import io
from typing import Final

from openpyxl import Workbook

from scripts.demo.material import FOLDER

PHONE: Final = "Phone Number"
"""A number in the workbook, as people type it there; all other columns are text."""


def people() -> list[dict[str, str | int]]:
    """Ten rows; their columns are called like the form's fields."""
    with (FOLDER / "people.csv").open(encoding="utf-8", newline="") as file:
        return [{**row, PHONE: int(row[PHONE])} for row in csv.DictReader(file)]


def people_workbook() -> bytes:
    """The xlsx file: a header and one row for each person."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    rows = people()
    sheet.append([*rows[0]])
    for row in rows:
        sheet.append([*row.values()])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
