"""Finds the one element a selector means: waits for it, tries the candidates in turn, and tells what it tried.

A page that is still being built matches fleeting candidates before the lasting one appears; so in the first moments
only the first candidate counts. Whatever happens to the element afterwards is the caller's.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Frame, Locator

from runner.selectors.locating import locate, stand_by
from runner.selectors.model import Candidate, Selector
from runner.workflow.documents import Json

FALLBACK_SECONDS: Final = 0.7
"""How long the first candidate is waited for alone."""
AMBIGUOUS_SECONDS: Final = 1.5
"""When every candidate matches many for so long, no further waiting helps."""
_POLL_SECONDS: Final = (0.03, 0.06, 0.12, 0.25)


@dataclass(frozen=True, slots=True)
class Tried:
    """What one candidate matched at last; `visible` is counted when there are many. `problem`: it cannot be read."""

    candidate: Candidate | None
    matches: int = 0
    visible: int | None = None
    problem: str = ""
    of_anchor: bool = False

    def as_json(self) -> dict[str, Json]:
        """For the details of a failure."""
        document: dict[str, Json] = {
            "strategy": self.candidate.strategy if self.candidate else "any",
            "value": self.candidate.value if self.candidate else "*",
            "matches": self.matches,
        }
        if self.visible is not None:
            document["visible"] = self.visible
        if self.problem:
            document["problem"] = self.problem
        if self.of_anchor:
            document["anchor"] = True
        return document

    def __str__(self) -> str:
        name = str(self.candidate) if self.candidate else "whatever stands there"
        prefix = "anchor " if self.of_anchor else ""
        if self.problem:
            return f"{prefix}{name}: {self.problem}"
        count = {0: "none", 1: "1"}.get(self.matches, f"{self.matches:,}")
        return f"{prefix}{name}: {count}" + ("" if self.visible is None else f" ({self.visible} visible)")


@dataclass(frozen=True, slots=True)
class Found:
    """The element, by a locator that matches it alone. `place` is the candidate's, from 1; 0: there is none."""

    locator: Locator
    candidate: Candidate | None
    place: int
    tried: tuple[Tried, ...] = ()
    left_seconds: float = 1.0
    """What is left of the time it might take to find it; never so little that nothing could be done with it."""

    @property
    def left_milliseconds(self) -> float:
        """The same, as Playwright wants it."""
        return self.left_seconds * 1000

    def as_json(self) -> Json:
        """Which candidate it was, for a node's output."""
        if self.candidate is None:
            return {"strategy": "any", "value": "*", "place": self.place}
        return {"strategy": self.candidate.strategy, "value": self.candidate.value, "place": self.place}


class NotFoundError(Exception):
    """No candidate matches exactly one element. `ambiguous` when some match many and none could still appear."""

    def __init__(self, selector: Selector, tried: Sequence[Tried], seconds: float) -> None:
        super().__init__(str(selector))
        self.selector = selector
        self.tried = tuple(tried)
        self.seconds = seconds
        self.ambiguous = any(each.matches > 1 for each in tried)
        self.unreadable = bool(tried) and all(each.problem for each in tried)
        self.visible = any(each.visible for each in tried)


async def find(frame: Frame, selector: Selector, seconds: float) -> Found:
    """Wait until a candidate matches one element, or many of which one is visible. Raises NotFoundError."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    polls = 0
    while True:
        passed = loop.time() - began
        tried: list[Tried] = []
        first_only = passed < min(FALLBACK_SECONDS, seconds) and len(selector.candidates) > 1
        found = await _look(frame, selector, tried, first_only=first_only)
        passed = loop.time() - began
        if found is not None:
            return replace(found, tried=tuple(tried), left_seconds=max(seconds - passed, min(seconds, 1.0)))
        hopeless = all(each.problem for each in tried) or (
            all(each.matches > 1 or each.problem for each in tried) and passed > AMBIGUOUS_SECONDS
        )
        if not first_only and (passed >= seconds or hopeless):
            raise NotFoundError(selector, tried, passed)
        await asyncio.sleep(_POLL_SECONDS[min(polls, len(_POLL_SECONDS) - 1)])
        polls += 1


async def look(frame: Frame, selector: Selector) -> Found:
    """The same without waiting, and with all candidates at once. Raises NotFoundError."""
    tried: list[Tried] = []
    found = await _look(frame, selector, tried, first_only=False)
    if found is None:
        raise NotFoundError(selector, tried, 0)
    return replace(found, tried=tuple(tried))


async def find_all(frame: Frame, selector: Selector, seconds: float) -> tuple[Locator, Found]:
    """Wait until a candidate matches at least one element; the locator of all it matches. Raises NotFoundError."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while True:
        tried: list[Tried] = []
        anchor = await _anchor(frame, selector, tried)
        if selector.anchor is None or anchor is not None:
            for place, candidate in enumerate(selector.candidates or [None], start=1):
                locator = _located(frame, anchor, selector, candidate)
                result = await _count(locator, candidate)
                tried.append(result)
                if result.matches:
                    return locator, Found(locator, candidate, place if candidate else 0, tuple(tried))
        if loop.time() - began >= seconds or all(each.problem for each in tried):
            raise NotFoundError(selector, tried, loop.time() - began)
        await asyncio.sleep(_POLL_SECONDS[-1])


async def check(frame: Frame, candidates: Sequence[Candidate]) -> list[Tried]:
    """How many elements each candidate matches now, in the same order."""
    return [await _count(locate(frame, candidate), candidate) for candidate in candidates]


async def _look(frame: Frame, selector: Selector, tried: list[Tried], *, first_only: bool) -> Found | None:
    """One look at the page; what was counted is added to `tried`."""
    anchor = await _anchor(frame, selector, tried)
    if selector.anchor is not None and anchor is None:
        return None
    candidates: Sequence[Candidate | None] = selector.candidates or [None]
    for place, candidate in enumerate(candidates[:1] if first_only else candidates, start=1):
        locator = _located(frame, anchor, selector, candidate)
        single, result = await _single(locator, candidate)
        tried.append(result)
        if single is not None:
            return Found(single, candidate, place if candidate else 0)
    return None


async def _anchor(frame: Frame, selector: Selector, tried: list[Tried]) -> Locator | None:
    if selector.anchor is None:
        return None
    for candidate in selector.anchor.candidates:
        single, result = await _single(locate(frame, candidate), candidate)
        tried.append(replace(result, of_anchor=True))
        if single is not None:
            return single
    return None


def _located(frame: Frame, anchor: Locator | None, selector: Selector, candidate: Candidate | None) -> Locator:
    if anchor is None or selector.anchor is None:
        assert candidate is not None
        return locate(frame, candidate)
    return stand_by(frame, anchor, selector.anchor.relation, candidate)


async def _single(locator: Locator, candidate: Candidate | None) -> tuple[Locator | None, Tried]:
    """The locator when it matches one element, or the one visible among many."""
    result = await _count(locator, candidate)
    if result.matches == 1:
        return locator, result
    if result.matches > 1:
        seen = locator.filter(visible=True)
        result = replace(result, visible=(await _count(seen, candidate)).matches)
        if result.visible == 1:
            return seen, result
    return None, result


async def _count(locator: Locator, candidate: Candidate | None) -> Tried:
    try:
        return Tried(candidate, await locator.count())
    except PlaywrightError as error:
        if _is_unreadable(error):
            return Tried(candidate, problem=f"cannot be read ({_reason(error)})")
        if is_passing(error):
            return Tried(candidate)
        raise


def _is_unreadable(error: PlaywrightError) -> bool:
    text = error.message
    return any(
        mark in text
        for mark in ("not a valid selector", "Unexpected token", "while parsing", "not a valid XPath", "Unknown engine")
    ) or ("SyntaxError" in text)


def is_passing(error: PlaywrightError) -> bool:
    """Whether the page was being replaced by another one just then: nothing was there to be asked, look again."""
    return any(
        mark in error.message for mark in ("Execution context was destroyed", "Cannot find context", "navigating")
    )


def _reason(error: PlaywrightError) -> str:
    line = next((line for line in error.message.splitlines() if line.strip()), "")
    return line.removeprefix("Locator.count: ").removeprefix("Error: ").strip()[:160]
