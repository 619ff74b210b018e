"""Turns what happens to node runs into events: numbered, timed, masked, spilled when they are large."""

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any

from runner.engine.events import Failure, LogLine, NodeEvent, NodeStatus, Sink
from runner.engine.masking import Masker
from runner.engine.scopes import NodeRun
from runner.engine.sizes import NotJsonError, json_bytes_above
from runner.nodes.base import LogLevel
from runner.workflow.documents import Json

SPILL_BYTES = 256 * 1024


class Reporter:
    """The one way from an execution to its sink. Used by one task at a time for each node run."""

    def __init__(self, sink: Sink, masker: Masker, clock: Callable[[], datetime], workdir: Path) -> None:
        self.masker = masker
        self._sink = sink
        self._clock = clock
        self._workdir = workdir
        self._seq = 0
        self._started: dict[NodeRun, tuple[float, int]] = {}

    async def started(self, run: NodeRun, input_: Json, *, try_number: int = 1) -> None:
        """A try begins; its duration counts from here."""
        shown = await self._shown(run, "input", input_)
        self._started[run] = (monotonic(), try_number)
        self._emit(run, "running", try_number, input_=shown)

    async def retried(self, run: NodeRun, failure: Failure) -> None:
        """A try failed and another one follows."""
        began, try_number = self._started[run]
        self._emit(run, "retried", try_number, duration=monotonic() - began, failure=failure)

    async def recorded(self, run: NodeRun, status: NodeStatus, output: Json, failure: Failure | None) -> None:
        """What the state machine says of a run."""
        if status == "running":
            await self.started(run, {})
            return
        if status == "stopped" and run not in self._started:
            # Stopped between the decision to run it and its first step: it has no run.
            return
        shown = await self._shown(run, "output", output)
        began, try_number = self._started.pop(run, (None, 1))
        duration = None if began is None else monotonic() - began
        self._emit(run, status, try_number, duration=duration, output=shown, failure=failure)

    def log(self, level: LogLevel, node_id: str | None, message: str) -> None:
        """A line of the execution's log."""
        self._sink.log(LogLine(self._clock(), level, node_id, self.masker.text(message)))

    def _emit(
        self,
        run: NodeRun,
        status: NodeStatus,
        try_number: int,
        *,
        duration: float | None = None,
        input_: Json = None,
        output: Json = None,
        failure: Failure | None = None,
    ) -> None:
        self._seq += 1
        node = run.node
        self._sink.node_event(
            NodeEvent(
                self._seq,
                node.id,
                node.type,
                run.scope.path,
                try_number,
                status,
                self._clock(),
                duration,
                input_,
                output,
                self.masked_failure(failure),
            )
        )

    def masked_failure(self, failure: Failure | None) -> Failure | None:
        """The failure without secrets."""
        if failure is None or self.masker.is_idle:
            return failure
        details = {key: self.masker.json(value) for key, value in failure.details.items()}
        return Failure(failure.code, self.masker.text(failure.message), failure.node_id, failure.retryable, details)

    async def _shown(self, run: NodeRun, what: str, value: Json) -> Json:
        if value is None:
            return None
        masked = self.masker.json(value)
        try:
            data = json_bytes_above(masked, SPILL_BYTES)
        except NotJsonError:
            # Only inputs come here unchecked: third-party configs may take values that have no JSON form.
            return json.loads(json.dumps(masked, default=repr))  # type: ignore[no-any-return] # what loads() answers
        return masked if data is None else await self._spill(run, what, data)

    async def _spill(self, run: NodeRun, what: str, data: bytes) -> dict[str, Any]:
        turns = "".join(f"-{index}" for _, index in run.path)
        name = f"{run.node.id}{turns}-{what}.json"
        folder = self._workdir / ".spilled"
        path = folder / f"{self._seq}-{name.replace(':', '_')}"
        await asyncio.to_thread(_write, folder, path, data)
        artifact = await self._sink.attach(run.node.id, path, name, "application/json")
        return {"spilled": artifact.as_json()}


def _write(folder: Path, path: Path, data: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
