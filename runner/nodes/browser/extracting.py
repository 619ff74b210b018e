"""What a page shows, as data: texts, attributes, tables."""

from typing import TYPE_CHECKING, Any, ClassVar, Final

from pydantic import Field

from runner.nodes.base import NodeContext
from runner.nodes.browser.base import BrowserNode, ElementConfig, element_output, tell_fallback
from runner.workflow.documents import Json

if TYPE_CHECKING:
    from runner.nodes.browser.session import BrowserSession

# Fields say what they hold, everything else what it shows.
_TEXT: Final = """(element) => ["INPUT", "TEXTAREA", "SELECT"].includes(element.tagName)
    ? (element.tagName === "SELECT" ? [...element.selectedOptions].map((each) => each.text).join(", ") : element.value)
    : (element.innerText ?? element.textContent ?? "")"""


class ExtractTextConfig(ElementConfig):
    """Config of browser.extractText."""

    all: bool = Field(
        default=False, title="All", description="The texts of all elements that fit, not of a single one."
    )
    trim: bool = Field(default=True, title="Trim", description="Without blanks at both ends.")


class ExtractText(BrowserNode[ExtractTextConfig]):
    """browser.extractText: output `{text, element}`, or with `all` `{texts, count, element}`; of a field its value."""

    type = "browser.extractText"
    title = "Read text"
    help = "Reads what an element shows, or what a field holds."
    icon = "text-scan-2"
    config = ExtractTextConfig
    example: ClassVar[dict[str, Any]] = {"selector": "css=h1"}
    repeatable = True
    doing = "read the text"

    async def act(self, config: ExtractTextConfig, session: "BrowserSession", context: NodeContext) -> Json:
        """Read it. Raises NodeFailure ELEMENT_*."""
        if config.all:
            locator, first = await session.find_all(config.selector, config.wait_seconds)
            texts = [_trimmed(text, config.trim) for text in await locator.evaluate_all(f"(all) => all.map({_TEXT})")]
            return element_output(first, texts=texts, count=len(texts))
        found = await session.find(config.selector, config.wait_seconds)
        tell_fallback(found, context)
        text = await found.locator.evaluate(_TEXT, timeout=config.wait_seconds * 1000)
        return element_output(found, text=_trimmed(text, config.trim))


def _trimmed(text: str, trim: bool) -> str:
    return text.strip() if trim else text


NODES = (ExtractText,)
