"""What people and scripts see: tables and lines, or JSON. Results go to stdout, remarks and errors to stderr."""

import json
import re
import sys
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from services.cli.errors import CliError
from services.client.models.base import Answer

UNBROKEN = 2_000
"""Width of a table that no terminal shows: its rows are not broken."""
_DIFF_STYLES = {"+": "green", "-": "red", "@": "cyan"}
_FRACTION = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d+Z")


@dataclass(frozen=True, slots=True)
class Output:
    """`as_json` makes every result one JSON document."""

    as_json: bool = False

    def document(self, document: Any, lines: Iterable[str] = ()) -> None:
        """A result: the document as JSON, or the lines made of it."""
        if self.as_json:
            print(json.dumps(document, indent=2, ensure_ascii=False))
        else:
            for line in lines:
                print(plain(line))

    def table(self, items: Sequence[Mapping[str, Any]], columns: Mapping[str, str], nothing: str) -> None:
        """A list. `columns` maps a heading to a path (`workflow.name`); `nothing` is said of an empty list."""
        if self.as_json:
            print(json.dumps({"items": items}, indent=2, ensure_ascii=False))
        elif not items:
            self.remark(nothing)
        else:
            table = Table(box=None, pad_edge=False, header_style="bold")
            for heading in columns:
                # An id that is broken over two lines cannot be copied.
                table.add_column(heading, overflow="fold", no_wrap=heading == "ID")
            for item in items:
                table.add_row(*(Text(plain(shown(at(item, path)))) for path in columns.values()))
            Console(width=None if sys.stdout.isatty() else UNBROKEN).print(table)

    def line(self, text: str) -> None:
        """One line of a stream."""
        print(plain(text), flush=True)

    def json_line(self, document: Any) -> None:
        """One JSON document of a stream."""
        print(json.dumps(document, ensure_ascii=False), flush=True)

    def diff(self, lines: Iterable[str]) -> None:
        """A unified difference, in colour where a terminal shows it."""
        console = Console(highlight=False, soft_wrap=True)
        for line in lines:
            style = _DIFF_STYLES.get(line[:1], "") if not line.startswith(("+++", "---")) else "bold"
            console.print(Text(plain(line), style=style))

    @property
    def is_terminal(self) -> bool:
        """True when somebody sits there who can be asked."""
        return not self.as_json and sys.stdin.isatty() and sys.stdout.isatty()

    def remark(self, text: str) -> None:
        """Something a script does not want."""
        if not self.as_json:
            print(plain(text), file=sys.stderr)

    def error(self, error: CliError) -> None:
        """Why the command ended."""
        if self.as_json:
            document = {"message": error.message, "reason": error.reason, "details": error.details}
            print(json.dumps({"error": document}, ensure_ascii=False), file=sys.stderr)
            return
        print(plain(f"exekra: {error.message}"), file=sys.stderr)
        for detail in error.details:
            print(plain(f"  {detail}"), file=sys.stderr)


async def documents(answers: AsyncIterator[Answer]) -> list[dict[str, Any]]:
    """All of a list, as it came."""
    return [answer.as_json() async for answer in answers]


def at(item: Any, path: str) -> Any:
    """The value at a dotted path; None when something on the way is missing."""
    for key in path.split("."):
        item = item.get(key) if isinstance(item, Mapping) else None
    return item


def shown(value: Any) -> str:
    """A value as a person reads it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(shown, value)) or "-"
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return _FRACTION.sub(r"\1Z", str(value))


def plain(text: str) -> str:
    """Without characters that move a terminal's cursor or change its colours: texts come from anywhere."""
    return "".join(
        character if character.isprintable() or character in "\n\t" else f"\\x{ord(character):02x}"
        for character in text
    )
