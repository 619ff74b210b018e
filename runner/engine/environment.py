"""What expressions see in one execution, and expressions bound to it for the nodes that call them."""

from collections.abc import Callable
from copy import copy
from datetime import datetime
from typing import Any

from runner.engine.credentials import Credentials
from runner.engine.request import RunRequest
from runner.engine.scopes import Frame, LoopsSeen, NodeRun, NodesSeen
from runner.nodes.base import NodeFailure, RowExpression
from runner.workflow.documents import Json
from runner.workflow.evaluation import Environment, ExpressionError, Names, Namespace
from runner.workflow.templates import Template

_UNSET: Any = object()


class Environments:
    """Makes the environment of each node run."""

    def __init__(self, request: RunRequest, credentials: Credentials, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._credentials = credentials
        self._globals: Namespace = Names(request.globals, "global variable")
        self._execution: dict[str, Json] = {
            **request.details,
            "id": request.execution_id,
            "attempt": request.attempt,
        }

    def of(self, run: NodeRun, frame: Frame | None = None) -> Environment:
        """What a node run sees now; `frame` when it is not that of the run's scope."""
        return self.at(frame or run.scope.frame)

    def at(self, frame: Frame) -> Environment:
        """What is seen from a frame now."""
        return Environment(
            frame.space.inputs,
            frame.space.variables,
            NodesSeen(frame),
            LoopsSeen(frame),
            self._credentials,
            self._execution,
            self._clock,
            frame.item,
            frame.index,
            frame.in_loop,
            self._globals,
        )


class BoundExpression(RowExpression):
    """An expression field of one node run. One thread at a time may call it."""

    def __init__(self, template: Template, environment: Environment) -> None:
        self._template = template
        self._around = environment
        self._row = copy(environment)
        self._row.in_loop = True

    def __call__(self, item: Json = _UNSET, index: int = _UNSET) -> Json:
        """The value; with an item, that row's. Raises NodeFailure EXPRESSION_FAILED."""
        environment = self._around
        if item is not _UNSET:
            environment = self._row
            environment.item = item
            environment.index = 0 if index is _UNSET else index
        try:
            value: Json = self._template.resolve(environment)
        except ExpressionError as error:
            raise NodeFailure("EXPRESSION_FAILED", str(error)) from None
        return value
