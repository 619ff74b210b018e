"""Reads the text in a picture, by the program tesseract. Owns nothing but the call and what its answer means."""

import asyncio
import csv
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import groupby
from typing import Final

from runner.desktop import availability
from runner.desktop.capture import png_of
from runner.desktop.model import DesktopError, Picture, Region
from runner.workflow.documents import Json

_WORD: Final = "5"
"""The level of a row that is one word."""
_ENLARGED: Final = 2
"""Letters of a screen are smaller than those of a scan, for which the program was made."""
ANSWER_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Word:
    """A word, its place on the screen, how sure the program is (0 to 1), and the line it stands in."""

    text: str
    region: Region
    confidence: float
    line: tuple[int, int, int]

    def as_json(self) -> dict[str, Json]:
        """Plain data for outputs."""
        return {"text": self.text, "confidence": round(self.confidence, 3), **self.region.as_json()}


async def read_words(picture: Picture, languages: str) -> list[Word]:
    """The words of a picture in the order of reading. `languages` are tesseract's, as `deu+eng`.

    Raises DesktopError OCR_UNAVAILABLE, OCR_LANGUAGE_MISSING, OCR_FAILED.
    """
    program = shutil.which("tesseract")
    if program is None:
        missing = availability.ocr()
        raise DesktopError("OCR_UNAVAILABLE", f"{missing.problem} Install it by: {missing.remedy}")
    arguments = ("stdin", "stdout", "-l", languages, "--psm", "11", "--dpi", str(96 * _ENLARGED), "tsv")
    process = await asyncio.create_subprocess_exec(
        program,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            data = await asyncio.to_thread(png_of, picture, _ENLARGED)
            answer, complaint = await process.communicate(data)
    except TimeoutError:
        message = f"Reading the picture took more than {ANSWER_SECONDS:g} seconds; read a smaller region."
        raise DesktopError("OCR_FAILED", message, retryable=True) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise _failure(complaint.decode("utf-8", "replace"), languages)
    return list(_words(answer.decode("utf-8", "replace"), picture.at))


def text_of(words: Sequence[Word]) -> str:
    """The words as lines."""
    lines = groupby(words, key=lambda word: word.line)
    return "\n".join(" ".join(word.text for word in line) for _, line in lines)


def find_phrase(words: Sequence[Word], phrase: str) -> list[Region]:
    """Where these words stand one after the other in a line, without regard to case."""
    wanted = phrase.casefold().split()
    found = []
    for start in range(len(words) - len(wanted) + 1 if wanted else 0):
        run = words[start : start + len(wanted)]
        if run[0].line == run[-1].line and [word.text.casefold() for word in run] == wanted:
            found.append(_around([word.region for word in run]))
    return found


def _words(table: str, at: Region) -> list[Word]:
    words = []
    for row in csv.DictReader(StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE):
        text = (row["text"] or "").strip()
        if row["level"] != _WORD or not text:
            continue
        left, top, width, height = (int(row[name]) // _ENLARGED for name in ("left", "top", "width", "height"))
        line = (int(row["block_num"]), int(row["par_num"]), int(row["line_num"]))
        words.append(Word(text, Region(at.x + left, at.y + top, width, height), float(row["conf"]) / 100, line))
    return words


def _around(regions: Sequence[Region]) -> Region:
    left, top = min(region.x for region in regions), min(region.y for region in regions)
    right = max(region.x + region.width for region in regions)
    bottom = max(region.y + region.height for region in regions)
    return Region(left, top, right - left, bottom - top)


def _failure(complaint: str, languages: str) -> DesktopError:
    if "loading language" in complaint or "load any languages" in complaint:
        message = f"tesseract lacks a language of {languages!r}; install it (Debian: tesseract-ocr-deu), or choose eng."
        return DesktopError("OCR_LANGUAGE_MISSING", message)
    return DesktopError("OCR_FAILED", f"tesseract could not read the picture: {' '.join(complaint.split())[:300]}")
