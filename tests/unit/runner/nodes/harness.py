"""Runs single nodes on real files: the config as it stands in a graph, a folder as the execution's own."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from runner.engine.masking import Masker
from runner.engine.sizes import rough_size
from runner.nodes.base import Artifact, NodeFailure, RowExpression
from runner.nodes.registry import node_types
from runner.nodes.resources import Resources


@dataclass
class Workplace:
    """A NodeContext that keeps what nodes say and attach."""

    workdir: Path
    execution_id: str = "0198a8f0-0000-7000-8000-000000000001"
    node_id: str = "n1"
    try_number: int = 1
    seconds_left: float | None = None
    lines: list[tuple[str, str]] = field(default_factory=list)
    attached: dict[str, bytes] = field(default_factory=dict)
    resources: Resources = field(default_factory=Resources)
    masker: Masker = field(default_factory=lambda: Masker([]))

    def log(self, level, message):
        self.lines.append((level, message))

    def mask(self, text):
        return self.masker.text(text)

    def masked_stream(self):
        return self.masker.stream()

    async def attach(self, path, name, media_type):
        data = self.attached[name] = path.read_bytes()
        return Artifact("artifact-1", name, len(data), hashlib.sha256(data).hexdigest(), media_type)

    async def run(self, node_type: str, **config):
        """The output of one run."""
        node = node_types()[node_type]
        result = await node.run(node.config.model_validate(config), self)
        assert result.port == "out"
        rough_size(result.output)  # refuses what is not plain JSON, as the engine does
        return result.output

    async def fail(self, node_type: str, **config) -> NodeFailure:
        """The failure of one run."""
        with pytest.raises(NodeFailure) as raised:
            await self.run(node_type, **config)
        return raised.value

    def write(self, name: str, content: str | bytes) -> Path:
        """A file in the execution's folder."""
        path = self.workdir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def names(self) -> list[str]:
        """All files of the execution's folder."""
        return sorted(str(path.relative_to(self.workdir)) for path in self.workdir.rglob("*") if path.is_file())


class Condition(RowExpression):
    """A row expression made of a Python function of the row and its index."""

    def __init__(self, holds: Callable) -> None:
        self._holds = holds

    def __call__(self, item=None, index=0):
        return self._holds(item, index)
