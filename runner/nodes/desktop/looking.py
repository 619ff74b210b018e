"""Looking at the screen: keep a picture of it, find a picture in it, read the text in it."""

from typing import Any, ClassVar

from pydantic import Field

from runner.desktop.model import DesktopError, Picture
from runner.desktop.ocr import read_words, text_of
from runner.nodes.desktop.desk import Desk
from runner.nodes.desktop.family import DesktopNode, keep
from runner.nodes.desktop.fields import DesktopConfig, ImageField, OptionalArea
from runner.workflow.documents import Json


class LookConfig(DesktopConfig):
    """What all three nodes need."""

    area: OptionalArea = None
    activate: bool = Field(True, title="Bring to front", description="So that no other window covers it.")


class ScreenshotConfig(LookConfig):
    """Config of desktop.screenshot."""

    name: str = Field("screenshot.png", min_length=1, max_length=200, title="Name", description="Of the artifact.")


class Screenshot(DesktopNode[ScreenshotConfig]):
    """desktop.screenshot: output `{artifactId, name, size, sha256, mediaType, width, height}`."""

    type = "desktop.screenshot"
    title = "Screenshot"
    help = "Keeps a picture of a window, of a part of it or of the screen as an artifact."
    icon = "camera"
    config = ScreenshotConfig
    example: ClassVar[dict[str, Any]] = {"window": {"title": "Invoice"}, "name": "invoice.png"}
    repeatable = True

    async def act(self, config: ScreenshotConfig, desk: Desk) -> Json:
        """Look once the window is there. Raises DesktopError WINDOW_*, CAPTURE_FAILED."""
        picture = await _look(config, desk)
        artifact = await keep(picture, config.name, desk.context)
        return {**artifact.as_json(), "width": picture.at.width, "height": picture.at.height}


class ImageMatchConfig(LookConfig):
    """Config of desktop.imageMatch."""

    image: ImageField = Field(title="Picture", description="What is looked for.")
    required: bool = Field(False, title="Must be there", description="Fail when it is not there in time.")
    timeout_seconds: float = Field(
        0, ge=0, le=86_400, title="Wait at most", description="Seconds until it must be there; 0 looks once."
    )


class ImageMatch(DesktopNode[ImageMatchConfig]):
    """desktop.imageMatch: output `{count, matches: [{x, y, width, height, confidence, scale}], best}`.

    `matches` are the most alike ones first, `best` is the most alike place, enough or not, or null. Pixels of the
    screen. That none or many are there is no failure.
    """

    type = "desktop.imageMatch"
    title = "Find picture"
    help = "Finds where a picture is on the screen, and how often."
    icon = "list-search"
    config = ImageMatchConfig
    example: ClassVar[dict[str, Any]] = {"image": {"source": "pictures/warning.png", "confidence": 0.95}}
    repeatable = True

    async def act(self, config: ImageMatchConfig, desk: Desk) -> Json:
        """Look until it is there. Raises DesktopError WINDOW_*, IMAGE_*."""
        template = await desk.template(config.image)

        async def attempt() -> Json:
            found = await desk.match(template, config.image, await _look_once(config, desk))
            if not found.matches:
                raise found.failure(config.image.confidence)
            matches: list[Json] = [match.as_json() for match in found.matches]
            return {"count": len(matches), "matches": matches, "best": matches[0]}

        try:
            return await desk.until(config.timeout_seconds, attempt)
        except DesktopError as error:
            if error.code != "IMAGE_NOT_FOUND" or config.required:
                raise
            return {"count": 0, "matches": [], "best": error.details.get("best")}


class OcrConfig(LookConfig):
    """Config of desktop.ocr."""

    languages: str = Field(
        "eng", pattern=r"^[A-Za-z_]+(\+[A-Za-z_]+)*$", title="Languages", description="Of the text, as deu+eng."
    )
    contains: str | None = Field(None, min_length=1, title="Wait for", description="Read until this is in the text.")


class Ocr(DesktopNode[OcrConfig]):
    """desktop.ocr: output `{text, words: [{text, confidence, x, y, width, height}], count}`; pixels of the screen."""

    type = "desktop.ocr"
    title = "Read screen text"
    help = "Reads the text that is seen in a window or a part of the screen (OCR)."
    icon = "text-scan-2"
    config = OcrConfig
    example: ClassVar[dict[str, Any]] = {"window": {"title": "Invoice"}, "languages": "deu+eng"}
    capabilities: ClassVar[tuple[str, ...]] = ("desktop", "ocr")
    repeatable = True

    async def act(self, config: OcrConfig, desk: Desk) -> Json:
        """Read it. Raises DesktopError WINDOW_*, OCR_*, TEXT_NOT_FOUND."""

        async def attempt() -> Json:
            words = await read_words(await _look_once(config, desk), config.languages)
            text = text_of(words)
            if config.contains is not None and config.contains.casefold() not in text.casefold():
                message = f"The text {config.contains!r} is not there. Read: {text[:500] or 'nothing'}."
                raise DesktopError("TEXT_NOT_FOUND", message, retryable=True)
            return {"text": text, "words": [word.as_json() for word in words], "count": len(words)}

        return await desk.until(config.timeout_seconds, attempt)


async def _look(config: LookConfig, desk: Desk) -> Picture:
    return await desk.until(config.timeout_seconds, lambda: _look_once(config, desk))


async def _look_once(config: LookConfig, desk: Desk) -> Picture:
    window = None
    if config.window is not None and config.activate:
        async with desk.turn():
            window = await desk.to_front(config.window)
    elif config.window is not None:
        window = await desk.window(config.window)
    return await desk.look(await desk.region(window, None if config.area is None else config.area.region()))


NODES = (Screenshot, ImageMatch, Ocr)
