"""Pages as people write them: `1-3,7` or `2-`. Shared by the nodes that read, merge and split."""

import re
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator

from runner.nodes.base import NodeFailure

_RANGE: Final = re.compile(r"\s*([1-9]\d{0,5})\s*(?:(-)\s*([1-9]\d{0,5})?)?\s*\Z", re.ASCII)


def _is_page_ranges(value: str | None) -> str | None:
    if value is not None:
        _parse(value)
    return value


PageRanges = Annotated[str | None, AfterValidator(_is_page_ranges)]
"""`1-3,7`, `2-` (to the end), None for all pages."""


def page_numbers(ranges: str | None, count: int, path: Path) -> list[int]:
    """The pages meant, from 1, in the order written. Raises NodeFailure PAGE_NOT_FOUND for one beyond the end."""
    if ranges is None:
        return list(range(1, count + 1))
    numbers: list[int] = []
    for first, last in _parse(ranges):
        beyond = max(first, last or first)
        if beyond > count:
            raise NodeFailure("PAGE_NOT_FOUND", f"{path} has no page {beyond}; it has {count}.")
        numbers += range(first, (last or count) + 1)
    return numbers


def _parse(text: str) -> list[tuple[int, int | None]]:
    ranges: list[tuple[int, int | None]] = []
    for part in text.split(","):
        match = _RANGE.match(part)
        if not match:
            raise ValueError("write pages like 1-3,7 or 2-")
        first = int(match[1])
        last = int(match[3]) if match[3] else None if match[2] else first
        if last is not None and last < first:
            raise ValueError(f"the pages {part.strip()} end before they begin")
        ranges.append((first, last))
    return ranges
