"""ExpressionService over gRPC: expressions tried on sample data, in a worker process."""

# ruff: noqa: ARG002, D102, N802 - names and signatures are the generated base class's

import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from exekra.scheduler.v1 import expression_service_pb2 as pb
from exekra.scheduler.v1 import expression_service_pb2_grpc
from services.kit.errors import FieldError, invalid
from services.kit.rpc_server import Registration
from services.scheduler.expressions.evaluator import EvaluationError, Evaluator

MAXIMUM_SOURCE = 64 * 1024
OBJECTS = ("inputs", "vars", "nodes", "loops", "globals", "execution")
_WORD = re.compile(r"[A-Za-z_]\w*", re.ASCII)
SEEN = (*OBJECTS, "item", "index")

ReadGlobals = Callable[[Sequence[str]], Awaitable[Mapping[str, Any]]]
"""The values of those of these global variables that exist."""


class ExpressionServicer(expression_service_pb2_grpc.ExpressionServiceServicer):
    """See the proto for callers, permissions and reasons."""

    def __init__(self, evaluator: Evaluator, read_globals: ReadGlobals) -> None:
        self._read_globals = read_globals
        self._evaluator = evaluator

    async def PreviewExpression(
        self, request: pb.PreviewExpressionRequest, context: Any
    ) -> pb.PreviewExpressionResponse:
        source = request.WhichOneof("source")
        if source is None:
            raise invalid("There is nothing to evaluate.", FieldError("/expression", "Give expression or template."))
        text = getattr(request, source)
        if len(text) > MAXIMUM_SOURCE:
            detail = f"Use at most {MAXIMUM_SOURCE} characters."
            raise invalid("The text is too long.", FieldError(f"/{source}", detail))
        seen = read_context(json.loads(request.context_json or b"{}"))
        seen = {**seen, "globals": {**await self._globals(text), **seen.get("globals", {})}}
        try:
            preview = await self._evaluator.preview({source: text}, seen)
        except EvaluationError as error:
            return pb.PreviewExpressionResponse(error=str(error), missing=error.missing)
        return pb.PreviewExpressionResponse(
            ok=True,
            value_json=json.dumps(preview.value, separators=(",", ":")).encode(),
            kind=pb.ValueKind.Value(f"VALUE_KIND_{preview.kind.upper()}"),
            abridged=preview.abridged,
        )

    async def _globals(self, text: str) -> Mapping[str, Any]:
        """The values of the global variables that the text may read, by what looks like their names."""
        if "globals" not in text:
            return {}
        return await self._read_globals(sorted(set(_WORD.findall(text))))


def read_context(context: Any) -> Mapping[str, Any]:
    """What an expression is to see. Raises INVALID with the place of what cannot be there."""
    if not isinstance(context, dict):
        raise invalid("The context is no object.", FieldError("/context", "Give an object."))
    problems = [
        *(
            FieldError(f"/context/{name}", f"There is no such name; there are {', '.join(SEEN)}.")
            for name in context
            if name not in SEEN
        ),
        *(
            FieldError(f"/context/{name}", "Give an object.")
            for name in OBJECTS
            if not isinstance(context.get(name, {}), dict)
        ),
    ]
    index = context.get("index", 0)
    if isinstance(index, bool) or not isinstance(index, int):
        problems.append(FieldError("/context/index", "Give a whole number."))
    if problems:
        raise invalid("An expression cannot see this context.", *problems)
    return context


def registration(evaluator: Evaluator, read_globals: ReadGlobals) -> Registration:
    """The servicer, ready to be served. The evaluator is its own: typing must not keep deliveries waiting."""
    return Registration(
        expression_service_pb2_grpc.add_ExpressionServiceServicer_to_server,
        ExpressionServicer(evaluator, read_globals),
        pb.DESCRIPTOR.services_by_name["ExpressionService"],
    )
