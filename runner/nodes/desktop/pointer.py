"""Clicking: at a place that is said, or that a picture, a text or an element's name finds."""

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from runner.desktop.matching import Template
from runner.desktop.model import Button, DesktopError, Region
from runner.desktop.ocr import find_phrase, read_words
from runner.nodes.desktop.desk import Desk
from runner.nodes.desktop.family import DesktopNode
from runner.nodes.desktop.fields import DesktopConfig, ElementField, ImageField, OptionalArea
from runner.workflow.documents import Json

_BETWEEN_SECONDS: Final = 0.03
"""Between moving, pressing and releasing: some programs look at the pointer only so often."""
_PLACES_SHOWN: Final = 10

Place = tuple[Region, Json]
"""A region of the screen, and what is told of it."""


class ClickConfig(DesktopConfig):
    """Config of desktop.click."""

    image: ImageField | None = Field(None, title="Picture", description="Click in the middle of where this is seen.")
    text: str | None = Field(None, min_length=1, title="Text", description="Click on these words, found by OCR.")
    element: ElementField | None = Field(None, title="Element", description="Click on this part of the window.")
    area: OptionalArea = None
    which: Literal["only", "best", "first"] = Field(
        "only", title="Of several places", description="Fail, take the most alike one, or the first from the top."
    )
    languages: str = Field(
        "eng", pattern=r"^[A-Za-z_]+(\+[A-Za-z_]+)*$", title="Languages", description="Of the text, as deu+eng."
    )
    x: int | None = Field(None, title="X", description="Pixels from the left of the window, or of the place found.")
    y: int | None = Field(None, title="Y", description="Pixels from the top of the window, or of the place found.")
    button: Button = Field("left", title="Button", description="Which mouse button.")
    count: int = Field(1, ge=1, le=3, title="Clicks", description="2 for a double click.")
    modifiers: list[Literal["ctrl", "shift", "alt", "win"]] = Field(
        default_factory=list, title="Hold", description="Keys that are held meanwhile."
    )

    @model_validator(mode="after")
    def _has_one_place(self) -> Self:
        if sum(found is not None for found in (self.image, self.text, self.element)) > 1:
            raise ValueError("give a picture, a text or an element, not several of them")
        if self.element is not None and self.window is None:
            raise ValueError("an element belongs to a window: say which")
        if (self.x is None) != (self.y is None):
            raise ValueError("x and y belong together")
        if not (self.image or self.text or self.element or self.window) and self.x is None:
            raise ValueError("say where: a window, a picture, a text, an element, or x and y")
        return self


class Click(DesktopNode[ClickConfig]):
    """desktop.click: output `{x, y, place}`; the point on the screen, and the place that was found or null."""

    type = "desktop.click"
    title = "Click"
    help = "Clicks at a place in a window, or on a picture, a text or an element of it."
    icon = "click"
    config = ClickConfig
    example: ClassVar[dict[str, Any]] = {"window": {"title": "Invoice"}, "image": {"source": "pictures/save.png"}}

    async def act(self, config: ClickConfig, desk: Desk) -> Json:
        """Click once the place is there. Raises DesktopError *_NOT_FOUND, *_AMBIGUOUS before anything is pressed."""
        template = None if config.image is None else await desk.template(config.image)

        async def attempt() -> Json:
            async with desk.turn():
                region, place = await _find(config, template, desk)
                x, y = (
                    region.middle
                    if config.x is None or config.y is None
                    else (region.x + config.x, region.y + config.y)
                )
                await _click(config, x, y, desk)
            return {"x": x, "y": y, "place": place}

        return await desk.until(config.timeout_seconds, attempt)


async def _find(config: ClickConfig, template: Template | None, desk: Desk) -> Place:
    """The region in which to click, and what was found there."""
    window = await desk.to_front(config.window)
    if config.element is not None:
        assert window is not None
        element = await desk.element(window, config.element.query())
        return element.region, {"name": element.name, "role": element.role, **element.region.as_json()}
    region = await desk.region(window, None if config.area is None else config.area.region())
    if template is not None:
        assert config.image is not None
        found = await desk.match(template, config.image, await desk.look(region))
        if not found.matches:
            raise found.failure(config.image.confidence)
        return _one([(match.region, match.as_json()) for match in found.matches], config.which, "IMAGE_AMBIGUOUS")
    if config.text is not None:
        words = await read_words(await desk.look(region), config.languages)
        places = find_phrase(words, config.text)
        if not places:
            seen = " ".join(word.text for word in words)[:500]
            message = f"The text {config.text!r} is not on the screen. Read there: {seen or 'nothing'}."
            raise DesktopError("TEXT_NOT_FOUND", message, retryable=True)
        return _one([(place, place.as_json()) for place in places], config.which, "TEXT_AMBIGUOUS")
    return region, None


def _one(places: Sequence[Place], which: str, code: str) -> Place:
    """The place that is meant, of those found, the most alike one first."""
    if which == "first":
        return min(places, key=lambda place: (place[0].y, place[0].x))
    if which == "only" and len(places) > 1:
        message = f"It is on the screen {len(places)} times; narrow the part that is looked at, or take the first one."
        raise DesktopError(code, message, details={"places": [place[1] for place in places[:_PLACES_SHOWN]]})
    return places[0]


async def _click(config: ClickConfig, x: int, y: int, desk: Desk) -> None:
    await desk.do(lambda driver: driver.move_to(x, y))
    for modifier in config.modifiers:
        await desk.key(modifier, down=True)
    for _ in range(config.count):
        for down in (True, False):
            await asyncio.sleep(_BETWEEN_SECONDS)
            await desk.button(config.button, down=down)


NODES = (Click,)
