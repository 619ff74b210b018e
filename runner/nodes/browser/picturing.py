"""Pictures of pages."""

from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import Field, model_validator

from runner.nodes.base import NodeConfig, NodeContext
from runner.nodes.browser.base import BrowserNode, WaitSeconds, element_output, find_element
from runner.nodes.paths import check_target, replacing, resolve_path
from runner.selectors.model import SelectorField
from runner.workflow.documents import Json

if TYPE_CHECKING:
    from runner.nodes.browser.session import BrowserSession


class ScreenshotConfig(NodeConfig):
    """Config of browser.screenshot."""

    selector: SelectorField | None = Field(
        default=None, title="Element", description="The only thing in the picture; none: the whole window."
    )
    full_page: bool = Field(default=False, title="Whole page", description="Also what is below the window.")
    path: str | None = Field(
        default=None,
        pattern=r"\.[pP][nN][gG]$",
        title="Target",
        description="A file name ending in .png; none: the picture is only kept with the execution.",
    )
    keep: bool = Field(default=True, title="Keep", description="With the execution, to be seen in the Hub.")
    wait_seconds: WaitSeconds = 30

    @model_validator(mode="after")
    def _goes_somewhere(self) -> Self:
        if self.path is None and not self.keep:
            raise ValueError("give the picture a target or keep it with the execution")
        if self.selector is not None and self.full_page:
            raise ValueError("a picture is of an element or of the whole page")
        return self


class Screenshot(BrowserNode[ScreenshotConfig]):
    """browser.screenshot: output `{artifact, path, size}`; artifact and path are null without one.

    Fields that were filled with a credential are covered.
    """

    type = "browser.screenshot"
    title = "Screenshot"
    help = "Takes a picture of the page or of one element."
    icon = "camera"
    config = ScreenshotConfig
    example: ClassVar[dict[str, Any]] = {"selector": "id=receipt", "path": "out/receipt.png"}
    repeatable = True
    doing = "take the picture"

    async def act(self, config: ScreenshotConfig, session: "BrowserSession", context: NodeContext) -> Json:
        """Take it. Raises NodeFailure ELEMENT_* and those of writing a file."""
        from runner.nodes.browser.failures import take_picture  # noqa: PLC0415 - see `guarded`

        target = resolve_path(context, config.path or f".{context.node_id.replace('/', '-')}.png")
        check_target(target, "replace")
        output: dict[str, Json] = {}
        with replacing(target) as temporary:
            picture = temporary.with_name(temporary.name + ".png")  # the library tells the format from the name
            try:
                if config.selector is None:
                    await take_picture(session, picture, full_page=config.full_page)
                else:
                    found = await find_element(config.selector, config.wait_seconds, session, context)
                    milliseconds = found.left_milliseconds
                    await found.locator.screenshot(path=picture, mask=session.secret_fields, timeout=milliseconds)
                    output = element_output(found)
                picture.replace(temporary)
            finally:
                picture.unlink(missing_ok=True)
        size = target.stat().st_size
        name = config.path.rpartition("/")[2] if config.path else f"{context.node_id}.png"
        artifact = (await context.attach(target, name, "image/png")).as_json() if config.keep else None
        if config.path is None:
            target.unlink()
        return {**output, "artifact": artifact, "path": str(target) if config.path else None, "size": size}


NODES = (Screenshot,)
