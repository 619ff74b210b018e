"""Turns what happens to node runs into events: numbered, timed, masked, spilled when they are large."""

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any

from runner.engine.events import Failure, LogLine, NodeEvent, NodeStatus, Sink
from runner.engine.masking import MASK, Masker
from runner.engine.messages import Record, RecordGiven
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
        self._paused: set[NodeRun] = set()

    async def started(self, run: NodeRun, input_: Json, *, try_number: int = 1) -> None:
        """A try begins; its duration counts from here."""
        shown = await self._shown(run, "input", input_)
        self._started[run] = (monotonic(), try_number)
        self._emit(run, "running", try_number, input_=shown)

    async def retried(self, run: NodeRun, failure: Failure) -> None:
        """A try failed and another one follows."""
        began, try_number = self._started[run]
        self._emit(run, "retried", try_number, duration=monotonic() - began, failure=failure)

    async def recorded(self, record: Record) -> None:
        """What the state machine says of a run."""
        run, status = record.run, record.status
        if status == "running":
            await self.started(run, {})
            return
        if status == "paused":
            self._paused.add(run)
            self._emit(run, status, 1)
            return
        if status == "stopped" and run not in self._started and run not in self._paused:
            # Stopped between the decision to run it and its first step: it has no run.
            return
        shown = await self._shown(run, "output", record.output)
        variables = await self._written(run, record.output, record.variables) if record.variables else None
        began, try_number = self._started.pop(run, (None, 1))
        if self._paused:
            self._paused.discard(run)
        duration = None if began is None else monotonic() - began
        self._emit(
            run,
            status,
            try_number,
            duration=duration,
            output=shown,
            failure=record.failure,
            port=record.port,
            variables=variables,
        )

    async def given(self, command: RecordGiven) -> None:
        """A node was taken as done; a large output goes by the reference it has."""
        run, given = command.run, command.given
        output = given.shown_output
        if output is None:
            output = await self._shown(run, "output", given.output)
        if output is not None and MASK in json.dumps(output, ensure_ascii=False):
            self.log("warning", run.id, "A credential is hidden in the recorded output; what reads it gets the mask.")
        self._emit(run, given.status, 1, input_=given.input, output=output, port=given.port, variables=given.variables)

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
        port: str | None = None,
        variables: Json = None,
    ) -> None:
        self._seq += 1
        self._sink.node_event(
            NodeEvent(
                self._seq,
                run.id,
                run.node.type,
                run.scope.path,
                try_number,
                status,
                self._clock(),
                duration,
                input_,
                output,
                self.masked_failure(failure),
                port,
                variables,
            )
        )

    def masked_failure(self, failure: Failure | None) -> Failure | None:
        """The failure without secrets."""
        if failure is None or self.masker.is_idle:
            return failure
        details = {key: self.masker.json(value) for key, value in failure.details.items()}
        return Failure(failure.code, self.masker.text(failure.message), failure.node_id, failure.retryable, details)

    async def spilled(self, what: str, value: Json) -> Json:
        """The value as it may be told: masked, and by reference when it is large."""
        masked = self.masker.json(value)
        data = json_bytes_above(masked, SPILL_BYTES)
        return masked if data is None else await self._spill(None, what, data)

    async def _written(self, run: NodeRun, output: Json, variables: Mapping[str, Json]) -> Json:
        """What a run wrote; True when its output says it already."""
        return True if variables == output else await self._shown(run, "variables", dict(variables))

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

    async def _spill(self, run: NodeRun | None, what: str, data: bytes) -> dict[str, Any]:
        node_id = run.id if run else ""
        turns = "".join(f"-{index}" for _, index in run.path) if run else ""
        name = f"{node_id or 'workflow'}{turns}-{what}.json".replace("/", "-")
        folder = self._workdir / ".spilled"
        path = folder / f"{self._seq}-{name.replace(':', '_')}"
        await asyncio.to_thread(_write, folder, path, data)
        artifact = await self._sink.attach(node_id, path, name, "application/json")
        return {"spilled": artifact.as_json()}


def _write(folder: Path, path: Path, data: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
