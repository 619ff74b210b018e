"""What a workflow tells people: lines in the execution's log, files kept with the execution."""

import mimetypes
from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.nodes.base import NodeConfig, NodeContext, NodeType, Result
from runner.nodes.paths import resolve_path


class LogMessageConfig(NodeConfig):
    """Config of log.message."""

    message: str = Field(max_length=100_000, title="Message", description="The line; expressions are filled in.")
    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", title="Level", description="How much it matters."
    )


class LogMessage(NodeType[LogMessageConfig]):
    """log.message: output `{message, level}`."""

    type = "log.message"
    title = "Log message"
    help = "Writes a line to the execution's log."
    icon = "message"
    config = LogMessageConfig
    example: ClassVar[dict[str, Any]] = {"message": "{{ nodes.read.output.count }} orders read", "level": "info"}
    repeatable = True
    isolated = False
    inline = True

    async def run(self, config: LogMessageConfig, context: NodeContext) -> Result:
        """Hand the line to the agent, which masks and sends it."""
        context.log(config.level, config.message)
        return Result({"message": config.message, "level": config.level})


class KeepArtifactConfig(NodeConfig):
    """Config of log.artifact."""

    path: str = Field(title="File", description="The file to keep.")
    name: str | None = Field(
        default=None, min_length=1, max_length=255, title="Name", description="Its name in the Hub; else the file's."
    )
    media_type: str | None = Field(
        default=None,
        pattern=r"^[\w.+-]+/[\w.+-]+$",
        title="Media type",
        description="For instance application/pdf; else told from the name.",
    )


class KeepArtifact(NodeType[KeepArtifactConfig]):
    """log.artifact: output `{artifactId, name, size, sha256, mediaType}`.

    Repeatable: a second time keeps the same bytes again, which harms nobody.
    """

    type = "log.artifact"
    title = "Keep file"
    help = "Keeps a file with the execution, to be downloaded from the Hub."
    icon = "paperclip"
    config = KeepArtifactConfig
    example: ClassVar[dict[str, Any]] = {"path": "out/report.xlsx"}
    repeatable = True

    async def run(self, config: KeepArtifactConfig, context: NodeContext) -> Result:
        """Hand the file to the agent. Raises NodeFailure when it cannot be read."""
        path = resolve_path(context, config.path)
        name = config.name or path.name
        media_type = config.media_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
        artifact = await context.attach(path, name, media_type)
        return Result(artifact.as_json())


class NotifyConfig(NodeConfig):
    """Config of log.notify."""

    title: str = Field(min_length=1, max_length=200, title="Title", description="What it is about, in one line.")
    message: str = Field(default="", max_length=10_000, title="Message", description="What people should know.")
    level: Literal["info", "warning", "error"] = Field(
        default="info", title="Level", description="How much it matters."
    )


class Notify(NodeType[NotifyConfig]):
    """log.notify: output `{title, message, level}`, which the Hub passes on as the event `execution.notice`.

    Not repeatable: people would be told twice.
    """

    type = "log.notify"
    title = "Notify people"
    help = "Tells people something by the Hub's notification rules and event endpoints."
    icon = "bell-ringing"
    config = NotifyConfig
    example: ClassVar[dict[str, Any]] = {
        "title": "Orders without a customer",
        "message": "{{ nodes.read.output.count }} orders wait for somebody to look at them.",
        "level": "warning",
    }
    isolated = False
    inline = True

    async def run(self, config: NotifyConfig, context: NodeContext) -> Result:
        """Write a line; the rest is the Hub's."""
        context.log(config.level, f"{config.title}: {config.message}" if config.message else config.title)
        return Result({"title": config.title, "message": config.message, "level": config.level})


NODES = (LogMessage, KeepArtifact, Notify)
