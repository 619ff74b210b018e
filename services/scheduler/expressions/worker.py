"""`python -m services.scheduler.expressions.worker`: evaluates expressions for its parent, and can do nothing else.

A request and its answer are frames: four bytes of length (big endian), then JSON. A request is
`{"expression": text, "context": object}`, or has a `template` instead; with `preview` a long value is cut short. An
answer is `{"value": JSON, "kind": text, "abridged": bool}` or `{"error": text, "missing": bool}`. Memory and processor
time are limited by the kernel, the expression's own 200 ms by the evaluation. It ends when its input closes.
"""

import json
import struct
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from time import process_time
from typing import Any, BinaryIO

from runner.workflow.documents import Json
from runner.workflow.evaluation import Environment, ExpressionError, MissingError, Namespace, kind_of, shown_keys
from runner.workflow.templates import Template, compile_condition, compile_template
from services.scheduler.expressions.abridging import abridge

if sys.platform != "win32":
    import resource

MEMORY_BYTES = 512 * 1024 * 1024
CPU_SECONDS = 2
FILES = 16
LENGTH = struct.Struct(">I")


class Samples(Namespace):
    """A namespace of which only some entries are known; `what` names one of them in errors."""

    def __init__(self, entries: Mapping[str, Json], what: str) -> None:
        self._entries = entries
        self._what = what

    def lookup(self, key: str) -> Json:
        """The entry. Raises MissingError."""
        if key not in self._entries:
            known = shown_keys(self._entries)
            raise MissingError(f"There is no sample of {self._what} {key!r}; there are: {known}.")
        return self._entries[key]


class Credentials(Namespace):
    """Nothing secret comes here."""

    def lookup(self, key: str) -> Json:
        """Raises MissingError."""
        raise MissingError(f"The credential {key!r} is filled in on the runner alone.")


def evaluate(request: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to one request."""
    try:
        value = _compile(request).resolve(_environment(request["context"]))
    except ExpressionError as error:
        # A message may quote half a character of the data, which no UTF-8 can carry.
        message = str(error).encode(errors="replace").decode()
        return {"error": message, "missing": isinstance(error, MissingError)}
    answer = {"value": value, "kind": kind_of(value).rpartition(" ")[2], "abridged": False}
    if request.get("preview"):
        abridged = abridge(value)
        answer |= {"value": abridged.value, "abridged": abridged.cut}
    return answer


def _compile(request: Mapping[str, Any]) -> Template:
    template = (
        compile_template(request["template"]) if "template" in request else compile_condition(request["expression"])
    )
    if template.problems:
        raise ExpressionError(template.problems[0].message)
    return template


def _environment(context: Mapping[str, Any]) -> Environment:
    return Environment(
        inputs=context.get("inputs", {}),
        vars=context.get("vars", {}),
        nodes=Samples(context.get("nodes", {}), "node"),
        loops=Samples(context.get("loops", {}), "loop"),
        credentials=Credentials(),
        execution=context.get("execution", {}),
        now=lambda: datetime.now(UTC),
        item=context.get("item"),
        index=context.get("index", 0),
        in_loop="item" in context,
        globals=Samples(context.get("globals", {}), "global variable"),
    )


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
