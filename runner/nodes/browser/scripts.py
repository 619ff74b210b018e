"""JavaScript in the page, for what no other node does."""

import asyncio
import json
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure
from runner.nodes.browser.base import BrowserNode, WaitSeconds
from runner.workflow.documents import Json

if TYPE_CHECKING:
    from runner.nodes.browser.session import BrowserSession


class ScriptConfig(NodeConfig):
    """Config of browser.script."""

    code: str = Field(
        min_length=1,
        max_length=200_000,
        title="Code",
        description="JavaScript, the body of an async function of `args`; what it returns is the result.",
        json_schema_extra={"x-widget": "code"},
    )
    args: dict[str, Any] = Field(
        default_factory=dict, title="Arguments", description="Values that the code finds as members of `args`."
    )
    wait_seconds: WaitSeconds = 30


class Script(BrowserNode[ScriptConfig]):
    """browser.script: output `{result}`, as JSON knows it (undefined becomes null). Runs in the current frame."""

    type = "browser.script"
    title = "Run JavaScript"
    help = "Runs JavaScript in the page and hands on what it returns."
    icon = "terminal-2"
    config = ScriptConfig
    example: ClassVar[dict[str, Any]] = {
        "code": "return document.querySelectorAll(args.of).length;",
        "args": {"of": "tr.order"},
    }
    code_fields = frozenset({"code"})
    doing = "run the script"

    async def act(self, config: ScriptConfig, session: "BrowserSession", context: NodeContext) -> Json:  # noqa: ARG002 - the contract's signature
        """Run it. Raises NodeFailure SCRIPT_FAILED with what it threw, SCRIPT_TIMEOUT; it is not ended in the page."""
        from playwright.async_api import Error as PlaywrightError  # noqa: PLC0415 - see `guarded`

        # The page answers text: its own idea of numbers, dates and cycles must not reach the engine.
        source = (
            f"async (args) => {{ const result = await (async (args) => {{\n{config.code}\n}})(args); "
            "return JSON.stringify(result === undefined ? null : result) ?? 'null'; }"
        )
        try:
            async with asyncio.timeout(config.wait_seconds):
                answer = await session.frame.evaluate(source, config.args)
        except TimeoutError:
            message = f"The script did not end within {config.wait_seconds:g} seconds; it may go on in the page."
            raise NodeFailure("SCRIPT_TIMEOUT", message) from None
        except PlaywrightError as error:
            if "has been closed" in error.message or "detached" in error.message:
                raise
            said = error.message.removeprefix("Frame.evaluate: ").strip()
            raise NodeFailure(
                "SCRIPT_FAILED", f"The script failed: {said.splitlines()[0]}", details={"error": said}
            ) from None
        result: Json = json.loads(answer)
        return {"result": result}


NODES = (Script,)
