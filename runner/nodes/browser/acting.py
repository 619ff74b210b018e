"""What a person does with mouse and keyboard: click, fill in, choose, tick."""

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from runner.nodes.base import NodeContext, NodeFailure
from runner.nodes.browser.base import BrowserNode, ElementConfig, element_output, find_element
from runner.nodes.fields import Secret
from runner.workflow.documents import Json

if TYPE_CHECKING:
    from runner.nodes.browser.session import BrowserSession
    from runner.selectors.finding import Found

Modifier = Literal["Alt", "Control", "Meta", "Shift"]
By = Literal["label", "value", "index"]


def _as_typed(value: object) -> object:
    """A number as a person would type it: expressions hand on numbers, pages take text."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Typed = Annotated[str, BeforeValidator(_as_typed)]
"""A text that goes to a page. Written as text in a graph (10.50 stays 10.50); an expression may give a number."""


class ClickConfig(ElementConfig):
    """Config of browser.click."""

    button: Literal["left", "right", "middle"] = Field(default="left", title="Button", description="Of the mouse.")
    count: Literal[1, 2, 3] = Field(default=1, title="Clicks", description="2 for a double click.")
    modifiers: list[Modifier] = Field(
        default_factory=list, max_length=4, title="Keys held", description="Held down while clicking."
    )


class Click(BrowserNode[ClickConfig]):
    """browser.click: output `{element, url, tabs}`: what it was found by, where the page stands, the number of tabs.

    Waits until the element is visible, at rest, enabled and not covered. Nothing was clicked when it fails as not found
    or not ready.
    """

    type = "browser.click"
    title = "Click"
    help = "Clicks an element of the page as soon as it can be clicked."
    icon = "click"
    config = ClickConfig
    example: ClassVar[dict[str, Any]] = {
        "selector": {"candidates": [{"strategy": "id", "value": "save"}, {"strategy": "text", "value": "Save"}]}
    }
    doing = "click the element"

    async def act(self, config: ClickConfig, session: "BrowserSession", context: NodeContext) -> Json:
        """Click it. Raises NodeFailure ELEMENT_*."""
        found = await find_element(config.selector, config.wait_seconds, session, context)
        await found.locator.click(
            button=config.button,
            click_count=config.count,
            modifiers=config.modifiers,
            timeout=found.left_milliseconds,
        )
        session.settle()
        return element_output(found, url=session.url, tabs=len(session.pages))


class FillConfig(ElementConfig):
    """Config of browser.fill."""

    value: Typed | None = Field(
        default=None, title="Value", description="What the field is to hold; empty text clears it."
    )
    secret: Secret | None = Field(
        default=None, title="Secret", description="Instead of a value: a password, hidden in everything that is told."
    )
    append: bool = Field(default=False, title="Append", description="Keep what the field holds already.")
    key_by_key: bool = Field(
        default=False, title="Key by key", description="Press every key, for pages that listen to keys."
    )
    then_press: Literal["Enter", "Tab", "Escape"] | None = Field(
        default=None, title="Then press", description="A key pressed afterwards, for instance Enter to search."
    )

    @model_validator(mode="after")
    def _has_one_value(self) -> Self:
        if (self.value is None) == (self.secret is None):
            raise ValueError("give a value or a secret, one of them")
        return self


class Fill(BrowserNode[FillConfig]):
    """browser.fill: output `{element, url}`; the value stands in the node's input, credentials masked.

    A field that was filled with a credential or a secret is covered in every later picture.
    """

    type = "browser.fill"
    title = "Fill in"
    help = "Writes a value into a field."
    icon = "cursor-text"
    config = FillConfig
    example: ClassVar[dict[str, Any]] = {"selector": "label=Delivery date", "value": "{{ inputs.date }}"}
    doing = "fill in the field"

    async def act(self, config: FillConfig, session: "BrowserSession", context: NodeContext) -> Json:
        """Write it. Raises NodeFailure ELEMENT_*."""
        found = await find_element(config.selector, config.wait_seconds, session, context)
        field, milliseconds = found.locator, found.left_milliseconds
        value = config.secret or config.value or ""
        if context.mask(value) != value:
            await session.hide(field, value)
        if config.key_by_key:
            if not config.append:
                await field.fill("", timeout=milliseconds)
            await field.press_sequentially(value, timeout=milliseconds)
        else:
            before = await field.input_value(timeout=milliseconds) if config.append else ""
            await field.fill(before + value, timeout=milliseconds)
        if config.then_press is not None:
            await field.press(config.then_press, timeout=milliseconds)
        return element_output(found, url=session.url)


class SelectConfig(ElementConfig):
    """Config of browser.select."""

    options: Typed | list[Typed] = Field(
        title="Options", description="What to choose; several for lists that allow it."
    )
    by: By = Field(default="label", title="By", description="The options' text, their value, or their place from 0.")


class Select(BrowserNode[SelectConfig]):
    """browser.select: output `{element, selected}`, the values that are chosen now. Choosing twice changes nothing."""

    type = "browser.select"
    title = "Choose option"
    help = "Chooses options of a drop-down or list."
    icon = "list-search"
    config = SelectConfig
    example: ClassVar[dict[str, Any]] = {"selector": "name=country", "options": "Switzerland"}
    repeatable = True
    doing = "choose the option"

    async def act(self, config: SelectConfig, session: "BrowserSession", context: NodeContext) -> Json:
        """Choose. Raises NodeFailure OPTION_NOT_FOUND with the options there are, ELEMENT_*."""
        from playwright.async_api import TimeoutError as PlaywrightTimeoutError  # noqa: PLC0415 - see `guarded`

        found = await find_element(config.selector, config.wait_seconds, session, context)
        wanted = [config.options] if isinstance(config.options, str) else config.options
        try:
            selected = await _choose(found, wanted, config.by)
        except PlaywrightTimeoutError:
            there = await found.locator.locator("option").all_text_contents()
            if not there:
                raise
            raise _no_option(wanted, [text.strip() for text in there]) from None
        return element_output(found, selected=selected)


async def _choose(found: "Found", wanted: list[str], by: By) -> list[str]:
    field, milliseconds = found.locator, found.left_milliseconds
    match by:
        case "label":
            return await field.select_option(label=wanted, timeout=milliseconds)
        case "value":
            return await field.select_option(value=wanted, timeout=milliseconds)
        case "index":
            places = [int(each) for each in wanted if each.isdecimal()]
            if len(places) < len(wanted):
                raise NodeFailure("OPTION_NOT_FOUND", "By index the options are whole numbers from 0.")
            return await field.select_option(index=places, timeout=milliseconds)


def _no_option(wanted: list[str], there: list[str]) -> NodeFailure:
    shown = ", ".join(repr(text) for text in there[:30])
    message = f"The list has no {' or '.join(map(repr, wanted))} that can be chosen; it has: {shown}."
    return NodeFailure("OPTION_NOT_FOUND", message, retryable=True, details={"options": [*there[:200]]})


class CheckConfig(ElementConfig):
    """Config of browser.check."""

    checked: bool = Field(default=True, title="Ticked", description="Off takes the tick away.")


class Check(BrowserNode[CheckConfig]):
    """browser.check: output `{element, checked}`. Ticking twice changes nothing."""

    type = "browser.check"
    title = "Tick"
    help = "Ticks a box, chooses a radio button, or takes the tick away."
    icon = "shield-check"
    config = CheckConfig
    example: ClassVar[dict[str, Any]] = {"selector": "label=I agree", "checked": True}
    repeatable = True
    doing = "tick the box"

    async def act(self, config: CheckConfig, session: "BrowserSession", context: NodeContext) -> Json:
        """Set it, whatever it was. Raises NodeFailure ELEMENT_*."""
        found = await find_element(config.selector, config.wait_seconds, session, context)
        await found.locator.set_checked(config.checked, timeout=found.left_milliseconds)
        return element_output(found, checked=config.checked)


NODES = (Click, Fill, Select, Check)
