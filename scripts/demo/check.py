"""Checks the workflow's result against a computation of its own: straight from the files, with none of our code."""

import csv
import io
import json
import math
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

from openpyxl import load_workbook

HEADER: Final = ("iata", "name", "city", "state", "stateName", "latitude", "longitude")
FIGURES: Final = ("airports", "averageLatitude", "southernmost", "northernmost")

Sheet = list[tuple[Any, ...]]


class ResultWrongError(Exception):
    """The workflow's numbers are not those of the files; the message names the first difference."""


def expected_sheets(airports: Path, regions: Path) -> dict[str, Sheet]:
    """Sheet name → all its rows with the header, computed from the input files."""
    states = {entry["state"]: entry for entry in json.loads(regions.read_text("utf-8"))["states"]}
    members: dict[str, Sheet] = defaultdict(list)
    with airports.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            state = states.get(row["state"])
            if state is not None:
                place = (float(row["latitude"]), float(row["longitude"]))
                members[state["region"]].append(
                    (row["iata"], row["name"], row["city"], row["state"], state["stateName"], *place)
                )
    summary: Sheet = []
    for region, rows in members.items():
        latitudes = [row[5] for row in rows]
        summary.append((region, len(rows), math.fsum(latitudes) / len(rows), min(latitudes), max(latitudes)))
        rows.sort(key=lambda row: (row[3], row[1], row[0]))
    summary.sort(key=lambda row: (-row[1], row[0]))
    sheets = {region: [HEADER, *rows] for region, rows in members.items()}
    return {"Summary": [("region", *FIGURES), *summary], **sheets}


def workbook_of(archive: bytes) -> dict[str, Sheet]:
    """Sheet name → rows of the one workbook in a ZIP archive."""
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        (name,) = packed.namelist()
        book = load_workbook(io.BytesIO(packed.read(name)), read_only=True)
    try:
        return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}
    finally:
        book.close()


def check_workbook(found: dict[str, Sheet], expected: dict[str, Sheet]) -> None:
    """Raise ResultWrongError unless the sheets hold the same rows; numbers to 12 digits."""
    if list(found)[:1] != ["Summary"] or found.keys() != expected.keys():
        raise ResultWrongError(f"The workbook has the sheets {', '.join(found)}, expected: {', '.join(expected)}.")
    for name, rows in expected.items():
        if len(found[name]) != len(rows):
            raise ResultWrongError(f"Sheet {name} has {len(found[name])} rows, expected {len(rows)}.")
        for number, (is_there, should_be) in enumerate(zip(found[name], rows, strict=True), start=1):
            if len(is_there) != len(should_be) or not all(map(_same, is_there, should_be)):
                raise ResultWrongError(f"Sheet {name}, row {number} is {is_there}, expected {should_be}.")


def check_output(output: dict[str, Any], expected: dict[str, Sheet], airports: Path) -> None:
    """Raise ResultWrongError unless the execution's output tells the same as the files."""
    header, *summary = expected["Summary"]
    written = sum(row[1] for row in summary)
    with airports.open(encoding="utf-8", newline="") as file:
        unmatched = sum(1 for _ in csv.DictReader(file)) - written
    wanted = {"airports": written, "unmatched": unmatched, "exclusions": "FILE_NOT_FOUND"}
    for name, value in wanted.items():
        if output[name] != value:
            raise ResultWrongError(f"The output's {name} is {output[name]!r}, expected {value!r}.")
    rows = [tuple(row[column] for column in header) for row in output["regions"]]
    if len(rows) != len(summary) or not all(all(map(_same, *pair)) for pair in zip(rows, summary, strict=True)):
        raise ResultWrongError(f"The output's regions are {rows}, expected {summary}.")


def _same(is_there: Any, should_be: Any) -> bool:
    if isinstance(should_be, float) and isinstance(is_there, int | float):
        return math.isclose(is_there, should_be, rel_tol=1e-12)
    return bool(is_there == should_be)
