"""`python -m services.scheduler.expressions.worker`: evaluates expressions for its parent, and can do nothing else.

A request and its answer are frames: four bytes of length (big endian), then JSON. A request is
`{"expression": text, "inputs": object}`, an answer `{"value": JSON}` or `{"error": text, "missing": bool}`. Memory and
processor time are limited by the kernel, the expression's own 200 ms by the evaluation. It ends when its input closes.
"""

import json
import struct
import sys
from datetime import UTC, datetime
from time import process_time
from typing import Any, BinaryIO

from runner.workflow.evaluation import Environment, ExpressionError, MissingError, Names
from runner.workflow.expressions import compile_expression

if sys.platform != "win32":
    import resource

MEMORY_BYTES = 512 * 1024 * 1024
CPU_SECONDS = 2
FILES = 16
LENGTH = struct.Struct(">I")


def evaluate(request: dict[str, Any]) -> dict[str, Any]:
    """The answer to one request."""
    inputs = request["inputs"]
    environment = Environment(
        inputs=inputs,
        vars={},
        nodes=Names({}, "node"),
        loops=Names({}, "loop"),
        credentials=Names({}, "credential"),
        execution={},
        now=lambda: datetime.now(UTC),
    )
    try:
        return {"value": compile_expression(request["expression"]).evaluate(environment)}
    except ExpressionError as error:
        return {"error": str(error), "missing": isinstance(error, MissingError)}


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answers requests one by one until there are no more."""
    while (head := requests.read(LENGTH.size)) and len(head) == LENGTH.size:
        body = requests.read(LENGTH.unpack(head)[0])
        _allow_more_time()
        answer = json.dumps(evaluate(json.loads(body))).encode()
        answers.write(LENGTH.pack(len(answer)) + answer)
        answers.flush()


def _limit() -> None:
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _allow_more_time() -> None:
    """The kernel counts since the process began: each request gets its seconds anew."""
    if sys.platform != "win32":
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (int(process_time()) + 1 + CPU_SECONDS, hard))


if __name__ == "__main__":
    _limit()
    serve(sys.stdin.buffer, sys.stdout.buffer)
