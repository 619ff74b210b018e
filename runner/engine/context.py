"""What a node may use while it runs."""

from collections.abc import Mapping
from pathlib import Path
from time import monotonic

from runner.engine.events import Sink
from runner.engine.reporter import Reporter
from runner.engine.request import RunRequest
from runner.engine.scopes import NodeRun
from runner.nodes.base import Artifact, Json, LogLevel, NodeFailure, TextStream
from runner.nodes.resources import Resources


class Context:
    """What a node may use while it runs; the NodeContext of one try."""

    __slots__ = ("_reporter", "_request", "_resources", "_run", "_sink", "_until", "try_number")

    def __init__(
        self,
        request: RunRequest,
        run: NodeRun,
        reporter: Reporter,
        sink: Sink,
        resources: Resources,
        try_number: int,
    ) -> None:
        self._request = request
        self._resources = resources
        self._run = run
        self._reporter = reporter
        self._sink = sink
        self.try_number = try_number
        seconds = run.node.node.timeout_seconds
        self._until = None if seconds is None else monotonic() + seconds

    @property
    def execution_id(self) -> str:
        """The execution."""
        return self._request.execution_id

    @property
    def node_id(self) -> str:
        """The node."""
        return self._run.id

    @property
    def workdir(self) -> Path:
        """The execution's folder."""
        return self._request.workdir

    @property
    def seconds_left(self) -> float | None:
        """Of the node's own time; never below 0."""
        return None if self._until is None else max(0.0, self._until - monotonic())

    @property
    def resources(self) -> Resources:
        """The execution's open resources."""
        return self._resources

    def log(self, level: LogLevel, message: str) -> None:
        """Append a line to the execution's log."""
        self._reporter.log(level, self._run.id, message)

    def mask(self, text: str) -> str:
        """The text without secrets."""
        return self._reporter.masker.text(text)

    def masked_stream(self) -> TextStream:
        """Hides secrets in a text that comes in pieces."""
        return self._reporter.masker.stream()

    async def attach(self, path: Path, name: str, media_type: str) -> Artifact:
        """Keep a file."""
        try:
            return await self._sink.attach(self.node_id, path, self._reporter.masker.text(name), media_type)
        except OSError as error:
            raise NodeFailure("FILE_UNREADABLE", f"{path} cannot be attached: {error.strerror}.") from None

    async def ask(self, kind: str, body: Mapping[str, Json]) -> Json:
        """Have the agent answer."""
        return await self._sink.ask(kind, self.node_id, self._run.path, self._reporter.masker.json(dict(body)))
