"""Runs one node: fills in its config, validates it, calls it, tries again, and answers what came of it.

Owns a node's tries and its time limit. When a node may run, and what follows from its end, is the state machine's.
"""

import asyncio
import random
import traceback
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from runner.engine.calls import CallRun, begin_call
from runner.engine.context import Context
from runner.engine.credentials import Credentials
from runner.engine.environment import BoundExpression, Environments
from runner.engine.events import Failure, Sink, Wait
from runner.engine.loops import WhileRun
from runner.engine.messages import (
    ConditionRead,
    Event,
    ItemsRead,
    NodeDone,
    NodeFailed,
    NodeWaits,
    OutputRead,
)
from runner.engine.outputs import workflow_output
from runner.engine.plan import PlanNode
from runner.engine.reporter import Reporter
from runner.engine.request import RunRequest
from runner.engine.scopes import NodeRun
from runner.engine.sizes import NotJsonError, rough_size
from runner.nodes.base import NodeConfig, NodeFailure, NodeType, Result, Suspension
from runner.nodes.resources import Resources
from runner.workflow import declarations
from runner.workflow.evaluation import Environment, ExpressionError
from runner.workflow.secret_places import secrets_at

MAX_BACKOFF_SECONDS = 300.0
EVIDENCE_SECONDS = 35.0
"""How long a node whose time is over may take to keep a picture of it."""
_JITTER = 0.2


class NodeRunner:
    """Runs the nodes of one execution."""

    def __init__(
        self,
        nodes: Mapping[str, NodeType[Any]],
        request: RunRequest,
        environments: Environments,
        credentials: Credentials,
        reporter: Reporter,
        sink: Sink,
        resources: Resources,
    ) -> None:
        self._nodes = nodes
        self._request = request
        self._environments = environments
        self._credentials = credentials
        self._reporter = reporter
        self._sink = sink
        self._resources = resources
        self._constant_configs: dict[int, NodeConfig] = {}
        """By the identity of the node's plan: called workflows have nodes of the same names."""

    def is_inline(self, node: PlanNode) -> bool:
        """Whether a run ends without waiting for anything, so that it needs no task."""
        return (
            node.type == declarations.CONTROL_START or self._nodes[node.type].inline
        ) and node.node.retry.max_attempts == 1

    async def run(self, run: NodeRun) -> Event:
        """All tries of a node. Raises only CancelledError and what the sink raises."""
        retry = run.node.node.retry
        try_number = 1
        while True:
            await self._sink.before_node()
            try:
                return await self._try(run, try_number)
            except NodeFailure as error:
                failure = _failure(run, error)
            if not failure.retryable or try_number >= retry.max_attempts:
                return NodeFailed(run, failure)
            await self._reporter.retried(run, failure)
            await asyncio.sleep(backoff_seconds(retry.backoff_seconds, try_number))
            try_number += 1

    async def read_items(self, run: NodeRun) -> Event:
        """The items of a forEach."""
        await self._sink.before_node()
        try:
            config = await self._config(run, self._environments.of(run), 1)
            self._credentials.check_hosts(run.node.config.credentials, ())
        except NodeFailure as error:
            return NodeFailed(run, _failure(run, error))
        return ItemsRead(run, config.items, config.parallel)

    async def read_condition(self, run: WhileRun, index: int) -> Event:
        """Whether a while goes on."""
        environment = self._environments.of(run, run.condition_frame)
        try:
            if index == 0:
                await self._sink.before_node()
                config: Any = await self._config(run, environment, 1)
            else:
                config = self._validated(run, await self._resolved(run, environment), environment)
            self._credentials.check_hosts(run.node.config.credentials, ())
            return ConditionRead(run, bool(config.condition()), config.max_iterations)
        except NodeFailure as error:
            return NodeFailed(run, _failure(run, error))

    async def read_call(self, run: CallRun) -> Event:
        """The workflow a node calls, and its inputs."""
        await self._sink.before_node()
        try:
            config = await self._config(run, self._environments.of(run), 1)
            self._credentials.check_hosts(run.node.config.credentials, ())
            return begin_call(run, config, self._request.calls)
        except NodeFailure as error:
            return NodeFailed(run, _failure(run, error))

    async def read_output(self, run: CallRun, *, complete: bool) -> Event:
        """What a called workflow answers."""
        assert run.plan is not None
        try:
            output = workflow_output(run.plan, self._environments.at(run.frame), complete=complete)
        except ExpressionError as error:
            return NodeFailed(run, Failure("OUTPUT_FAILED", f"The called workflow's output: {error}", run.id))
        return OutputRead(run, output)

    async def _try(self, run: NodeRun, try_number: int) -> Event:
        node = run.node
        environment = self._environments.of(run)
        config = await self._config(run, environment, try_number)
        if node.type == declarations.CONTROL_START:
            return NodeDone(run, dict(environment.inputs))
        context = Context(self._request, run, self._reporter, self._sink, self._resources, try_number)
        if node.config.credentials:
            destinations = self._nodes[node.type].destinations(config, context)
            self._credentials.check_hosts(node.config.credentials, destinations)
        result = await self._call(run, config, context)
        if isinstance(result, Suspension):
            seconds = self._request.remaining_seconds.get(run.id, result.seconds)
            return NodeWaits(run, Wait(run.id, result.kind, seconds, self._reporter.masker.json(result.request)))
        if result.port not in node.ports and result.port != "out":
            raise NodeFailure("UNKNOWN_PORT", f"The node type {node.type} has no port {result.port!r}.")
        try:
            rough_size(result.output)
        except NotJsonError as error:
            raise NodeFailure("OUTPUT_NOT_JSON", f"The node's output holds {error}, which is not JSON.") from None
        return NodeDone(run, result.output, result.port, result.variables)

    async def _call(self, run: NodeRun, config: Any, context: Context) -> Result | Suspension:
        node_type, seconds = self._nodes[run.node.type], run.node.node.timeout_seconds
        try:
            if seconds is None:
                return await node_type.run(config, context)
            async with asyncio.timeout(seconds) as limit:
                return await node_type.run(config, context)
        except NodeFailure:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a node raises is its failure, not ours
            if isinstance(error, TimeoutError) and seconds is not None and limit.expired():
                late = NodeFailure("TIMEOUT", f"The node did not end within {seconds:g} seconds.", retryable=True)
                await _keep_evidence(node_type, late, context)
                raise late from None
            context.log("error", "".join(traceback.format_exception(error)))
            raise NodeFailure("NODE_CRASHED", f"{type(error).__name__}: {error}") from None

    # -- configs --------------------------------------------------------------------------------------------------

    async def _config(self, run: NodeRun, environment: Environment, try_number: int) -> Any:
        """The config, told to the reporter as soon as it is known and before it is judged."""
        node = run.node
        known = self._constant_configs.get(id(node))
        if known is not None:
            await self._reporter.started(run, dict(node.config.source), try_number=try_number)
            return known
        try:
            resolved = await self._resolved(run, environment)
        except NodeFailure:
            await self._reporter.started(run, None, try_number=try_number)
            raise
        if node.config.secrets:
            self._reporter.masker.learn(secrets_at(node.config.secrets, resolved))
        await self._reporter.started(run, resolved, try_number=try_number)
        config = self._validated(run, resolved, environment)
        if node.config.is_constant:
            self._constant_configs[id(node)] = config
        return config

    async def _resolved(self, run: NodeRun, environment: Environment) -> dict[str, Any]:
        if run.node.config.credentials:
            await self._credentials.fetch(run, run.node.config.credentials)
        try:
            return run.node.config.resolve(environment)
        except ExpressionError as error:
            raise NodeFailure("EXPRESSION_FAILED", str(error)) from None

    def _validated(self, run: NodeRun, resolved: dict[str, Any], environment: Environment) -> NodeConfig:
        values = resolved
        if run.node.config.conditions:
            bound = {key: BoundExpression(t, environment) for key, t in run.node.config.conditions.items()}
            values = {**resolved, **bound}
        try:
            config: NodeConfig = self._nodes[run.node.type].config.model_validate(values)
        except ValidationError as error:
            raise NodeFailure("CONFIG_INVALID", _describe(error)) from None
        return config


def backoff_seconds(first: float, try_number: int) -> float:
    """The pause after a try: doubled each time, at most five minutes, a fifth more or less by chance."""
    pause = min(first * 2.0 ** min(try_number - 1, 30), MAX_BACKOFF_SECONDS)
    return pause * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - spreads load, protects nothing


async def _keep_evidence(node_type: NodeType[Any], failure: NodeFailure, context: Context) -> None:
    try:
        async with asyncio.timeout(EVIDENCE_SECONDS):
            await node_type.keep_evidence(failure, context)
    except Exception as error:  # noqa: BLE001 - the failure itself matters more
        context.log("warning", f"Nothing could be kept of the failure: {type(error).__name__}: {error}")


def _failure(run: NodeRun, error: NodeFailure) -> Failure:
    return Failure(error.code, error.message, run.id, error.retryable, error.details)


def _describe(error: ValidationError) -> str:
    parts = []
    for found in error.errors(include_url=False, include_context=False, include_input=False)[:5]:
        where = ".".join(map(str, found["loc"]))
        parts.append(f"{where}: {found['msg']}" if where else found["msg"])
    return "The config does not fit: " + "; ".join(parts) + "."
