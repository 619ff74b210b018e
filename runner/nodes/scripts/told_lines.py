"""What a script writes to its error output, as lines of the execution's log: masked before it is cut, and bounded."""

from typing import Final

from runner.nodes.base import NodeContext

LINE_CHARACTERS: Final = 10_000
"""Longer lines are told in pieces."""
MOST_LINES: Final = 1_000_000
MOST_CHARACTERS: Final = 64 * 1024 * 1024
END_CHARACTERS: Final = 4_000
"""So much of the end is kept for the output and for failures."""


class ToldLines:
    """`feed` takes text as it comes, `close` is called once at the end."""

    def __init__(self, context: NodeContext, most_lines: int = MOST_LINES) -> None:
        self._context = context
        self._most_lines = most_lines
        self._masked = context.masked_stream()
        self._line = ""
        self._end = ""
        self._lines = 0
        self._characters = 0
        self._left_out = 0

    def feed(self, text: str) -> None:
        """More of it."""
        self._take(self._masked.feed(text))

    def close(self) -> None:
        """There is no more. Calling it again does nothing."""
        self._take(self._masked.close())
        if self._line:
            self._tell(self._line)
            self._line = ""
        if self._left_out:
            self._context.log("warning", f"{self._left_out:,} further lines of the script are left out.")
            self._left_out = 0

    def end(self) -> str:
        """The end of everything, masked."""
        return self._end

    def _take(self, text: str) -> None:
        self._end = (self._end + text)[-END_CHARACTERS:]
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            self._tell(line.removesuffix("\r"))
        while len(self._line) >= LINE_CHARACTERS:
            self._tell(self._line[:LINE_CHARACTERS])
            self._line = self._line[LINE_CHARACTERS:]

    def _tell(self, line: str) -> None:
        for start in range(0, max(len(line), 1), LINE_CHARACTERS):
            piece = line[start : start + LINE_CHARACTERS]
            if self._lines >= self._most_lines or self._characters + len(piece) > MOST_CHARACTERS:
                self._left_out += 1
                continue
            self._lines += 1
            self._characters += len(piece)
            self._context.log("info", piece)
