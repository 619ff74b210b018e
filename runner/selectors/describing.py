"""Reads in the page what an element is known by."""

from functools import cache
from pathlib import Path
from typing import Any

from playwright.async_api import ElementHandle, Locator

from runner.selectors.ranking import Description


@cache
def describing_script() -> str:
    """A JavaScript function of an element that answers its description as plain data; see `describe.js`."""
    return Path(__file__).with_name("describe.js").read_text(encoding="utf-8")


async def describe(element: Locator | ElementHandle) -> Description:
    """What the element is known by. Raises PlaywrightError when it is gone."""
    answer: dict[str, Any] = await element.evaluate(describing_script())
    return Description.from_json(answer)
