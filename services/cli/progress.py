"""How far a long command is, on one line of a terminal. Scripts see nothing of it."""

import sys
import time
from types import TracebackType
from typing import Final, Self

from services.cli.output import Output, plain

REDRAW_SECONDS: Final = 0.2
MEBIBYTE: Final = 1024 * 1024


class Progress:
    """Used as a block; the line is gone at its end. May be told from several threads."""

    def __init__(self, output: Output) -> None:
        self._shown = not output.as_json and sys.stderr.isatty()
        self._step = ""
        self._bytes = 0
        self._next = 0.0

    def step(self, name: str) -> None:
        """What is done now."""
        self._step, self._bytes, self._next = name, 0, 0.0
        self._draw()

    def advance(self, size: int) -> None:
        """So many bytes more are done."""
        self._bytes += size
        self._draw()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def _draw(self) -> None:
        if self._shown and time.monotonic() >= self._next:
            self._next = time.monotonic() + REDRAW_SECONDS
            sys.stderr.write(f"\r\x1b[K{plain(self._step)}  {self._bytes // MEBIBYTE} MiB")
            sys.stderr.flush()
