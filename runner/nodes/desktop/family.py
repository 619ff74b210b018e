"""What all nodes before the screen have in common: the capability, and a picture of the screen when they fail."""

import asyncio
from abc import abstractmethod
from typing import ClassVar, Final, TypeVar

from runner.desktop.capture import png_of
from runner.desktop.model import DesktopError, Picture
from runner.nodes.base import Artifact, NodeConfig, NodeContext, NodeFailure, NodeType, Result
from runner.nodes.desktop.desk import Desk
from runner.nodes.paths import file_errors
from runner.workflow.documents import Json

ConfigT = TypeVar("ConfigT", bound=NodeConfig)

PNG: Final = "image/png"
_CANNOT_BE_SEEN: Final = frozenset({"DESKTOP_UNAVAILABLE", "DESKTOP_LOST", "CAPTURE_FAILED"})


class DesktopNode(NodeType[ConfigT]):
    """A node before the screen: `act` says what it does."""

    capabilities: ClassVar[tuple[str, ...]] = ("desktop",)

    async def run(self, config: ConfigT, context: NodeContext) -> Result:
        """Act once. A failure keeps the screen as it was: `details.screenshot` is the artifact."""
        desk: Desk | None = None
        try:
            desk = await Desk.sit_down(context)
            return Result(await self.act(config, desk))
        except DesktopError as error:
            details = dict(error.details)
            if desk is not None and error.code not in _CANNOT_BE_SEEN:
                details["screenshot"] = await _screenshot(desk)
            raise NodeFailure(error.code, error.message, retryable=error.retryable, details=details) from error

    async def keep_evidence(self, failure: NodeFailure, context: NodeContext) -> None:
        """A picture of the screen, if the execution had come to it by then."""
        desk = Desk.at_hand(context)
        if desk is not None:
            failure.details["screenshot"] = await _screenshot(desk)

    @abstractmethod
    async def act(self, config: ConfigT, desk: Desk) -> Json:
        """Do the work once and answer the output. Raises DesktopError, or NodeFailure for what is no desktop's."""


async def keep(picture: Picture, name: str, context: NodeContext) -> Artifact:
    """The picture as an artifact of the execution. Raises NodeFailure."""
    data = await asyncio.to_thread(png_of, picture)
    path = context.workdir / f".{context.node_id}-screen.png"
    with file_errors(path):
        path.write_bytes(data)
    try:
        return await context.attach(path, name, PNG)
    finally:
        path.unlink(missing_ok=True)


async def _screenshot(desk: Desk) -> Json:
    try:
        picture = await desk.look(await desk.region(None))
        return (await keep(picture, f"{desk.context.node_id}-failed.png", desk.context)).as_json()
    except (DesktopError, NodeFailure) as error:
        # The failure itself matters more than its picture.
        desk.context.log("warning", f"There is no picture of the failure: {error}")
        return None
