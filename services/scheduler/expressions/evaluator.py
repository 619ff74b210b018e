"""Asks a worker process for the value of an expression; one that takes too long is killed, and the next one started.

No expression of a user ever runs in a service's own process. The first request starts the worker: a Hub whose triggers
have no filters has none.
"""

import asyncio
import contextlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from runner.workflow.documents import Json
from services.kit.errors import unavailable
from services.scheduler.expressions.worker import LENGTH

log = structlog.get_logger()

MODULE = "services.scheduler.expressions.worker"
WALL_SECONDS = 2.0
"""From request to answer, whatever the machine is busy with; the evaluation itself allows 200 ms of processor time."""
START_SECONDS = 15.0
QUEUED = 500
"""Requests that wait for the worker; more are told that it is busy."""


class EvaluationError(Exception):
    """The expression is wrong, did not fit the data, or took too long. `missing`: it read what is not there."""

    def __init__(self, message: str, *, missing: bool = False) -> None:
        super().__init__(message)
        self.missing = missing


@dataclass(frozen=True, slots=True)
class Preview:
    """What an expression comes to on samples. `kind` as JSON calls it; `abridged`: the value is only a beginning."""

    value: Json
    kind: str
    abridged: bool


@dataclass(slots=True)
class _Worker:
    process: asyncio.subprocess.Process
    requests: asyncio.StreamWriter
    answers: asyncio.StreamReader

    async def ask(self, request: bytes) -> bytes:
        """The answer. Raises EOFError or OSError when the process has ended."""
        self.requests.write(LENGTH.pack(len(request)) + request)
        await self.requests.drain()
        (length,) = LENGTH.unpack(await self.answers.readexactly(LENGTH.size))
        return await self.answers.readexactly(length)


class Evaluator:
    """One worker process; requests take turns. An async context manager: leaving it ends the process."""

    def __init__(self, *, wall_seconds: float = WALL_SECONDS) -> None:
        self._wall_seconds = wall_seconds
        self._worker: _Worker | None = None
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def __aenter__(self) -> "Evaluator":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._end()

    async def evaluate(self, expression: str, inputs: Mapping[str, Json]) -> Json:
        """The value. Raises EvaluationError, or UNAVAILABLE when no worker can be had."""
        value: Json = (await self._request({"expression": expression, "context": {"inputs": inputs}}))["value"]
        return value

    async def preview(self, source: Mapping[str, str], context: Mapping[str, Json]) -> Preview:
        """What `{"expression": text}` or `{"template": text}` comes to in this context. Raises as `evaluate` does."""
        answer = await self._request({**source, "context": context, "preview": True})
        return Preview(answer["value"], answer["kind"], answer["abridged"])

    async def _request(self, request: Mapping[str, Any]) -> dict[str, Any]:
        if self._waiting >= QUEUED:
            raise unavailable("The evaluation of expressions")
        body = json.dumps(request).encode()
        self._waiting += 1
        try:
            async with self._turn:
                answer = await self._ask(body)
        finally:
            self._waiting -= 1
        if "error" in answer:
            raise EvaluationError(answer["error"], missing=answer["missing"])
        return answer

    async def _ask(self, request: bytes) -> dict[str, Any]:
        if self._worker is None or self._worker.process.returncode is not None:
            self._worker = await self._start()
        try:
            async with asyncio.timeout(self._wall_seconds):
                answer: dict[str, Any] = json.loads(await self._worker.ask(request))
                return answer
        except TimeoutError:
            await self._end()
            raise EvaluationError(f"The expression takes longer than {self._wall_seconds:g} seconds.") from None
        except (EOFError, OSError):
            # The kernel ended it at one of its limits; another request finds a new worker.
            await self._end()
            raise EvaluationError("The expression needs more memory or processor time than it may.") from None
        except asyncio.CancelledError:
            # Its answer would be taken for the next request's.
            await self._end()
            raise

    async def _start(self) -> _Worker:
        try:
            async with asyncio.timeout(START_SECONDS):
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-P", "-m", MODULE),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    env={"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"},
                    limit=2**26,
                )
                assert process.stdin is not None
                assert process.stdout is not None
                worker = _Worker(process, process.stdin, process.stdout)
                # Imports take a while; they do not count for the first expression.
                await worker.ask(json.dumps({"expression": "1", "context": {}}).encode())
        except (OSError, EOFError, TimeoutError) as error:
            log.warning("no worker for expressions", error=repr(error))
            raise unavailable("The evaluation of expressions") from None
        return worker

    async def _end(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            with contextlib.suppress(ProcessLookupError):
                worker.process.kill()
            worker.requests.close()
            await worker.process.wait()
