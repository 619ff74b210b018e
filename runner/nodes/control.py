"""Control nodes: where a workflow starts, branches, repeats, waits and ends.

Start, loops and try are declared here and carried out by the engine, which alone knows scopes; their `run` is never
called. The others choose a port or wait.
"""

import asyncio
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import Field

from runner.nodes.base import ExpressionField, NodeConfig, NodeContext, NodeType, Result, Suspension
from runner.workflow import declarations
from runner.workflow.declarations import DynamicPorts
from runner.workflow.documents import equal_json

MAX_PARALLEL = 64
MAX_ITERATIONS = 1_000_000
MAX_DELAY_SECONDS = 366 * 24 * 3600
SUSPEND_SECONDS = 60.0
"""From here on a delay at the top level gives its runner back; shorter ones are not worth another attempt."""

ConfigT = TypeVar("ConfigT", bound=NodeConfig)


class _EngineNode(NodeType[ConfigT]):
    """A node whose meaning is the engine's own."""

    repeatable = True
    isolated = False

    async def run(self, config: ConfigT, context: NodeContext) -> Result:
        """Never called."""
        raise AssertionError(f"{self.type} is carried out by the engine (node {context.node_id}, {config!r})")


class StartConfig(NodeConfig):
    """Start has nothing to configure: the workflow's inputs are declared beside its nodes."""


class Start(_EngineNode[StartConfig]):
    """Where every execution begins."""

    type = declarations.CONTROL_START
    title = "Start"
    help = "Begins the workflow; its output is the workflow's inputs."
    icon = "player-play"
    config = StartConfig
    example: ClassVar[dict[str, Any]] = {}


class IfConfig(NodeConfig):
    """Config of `control.if`."""

    condition: ExpressionField = Field(
        title="Condition", description="An expression; the branch `true` is taken when it holds."
    )


class If(NodeType[IfConfig]):
    """Two ways."""

    type = "control.if"
    title = "If"
    help = "Goes on by `true` when the condition holds, otherwise by `false`."
    icon = "arrows-split-2"
    config = IfConfig
    example: ClassVar[dict[str, Any]] = {"condition": "{{ inputs.amount > 1000 }}"}
    ports = ("true", "false")
    expression_fields = frozenset({"condition"})
    repeatable = True
    isolated = False
    inline = True

    async def run(self, config: IfConfig, context: NodeContext) -> Result:  # noqa: ARG002 - the contract's signature
        """Read the condition once."""
        holds = bool(config.condition())
        return Result(output={"result": holds}, port="true" if holds else "false")


PortName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,39}$")]


class SwitchCase(NodeConfig):
    """One way out of a switch."""

    value: Any = Field(title="Value", description="Taken when the switch's value equals this one.")
    port: PortName = Field(title="Port", description="Name of the way out.")


class SwitchConfig(NodeConfig):
    """Config of `control.switch`."""

    value: Any = Field(title="Value", description="What is compared with each case.")
    cases: list[SwitchCase] = Field(
        title="Cases", description="The first case with an equal value wins.", min_length=1, max_length=100
    )


class Switch(NodeType[SwitchConfig]):
    """As many ways as cases."""

    type = "control.switch"
    title = "Switch"
    help = "Goes on by the port of the first case that equals the value, otherwise by `default`."
    icon = "arrows-split"
    config = SwitchConfig
    example: ClassVar[dict[str, Any]] = {
        "value": "{{ inputs.country }}",
        "cases": [{"value": "CH", "port": "swiss"}, {"value": "DE", "port": "german"}],
    }
    ports = ("default",)
    dynamic_ports = DynamicPorts(field="cases", key="port")
    repeatable = True
    isolated = False
    inline = True

    async def run(self, config: SwitchConfig, context: NodeContext) -> Result:  # noqa: ARG002 - the contract's signature
        """Compare as JSON does: 1 equals 1.0, but neither `true` nor `"1"`."""
        port = next((case.port for case in config.cases if equal_json(config.value, case.value)), "default")
        return Result(output={"value": config.value, "port": port}, port=port)


class ForEachConfig(NodeConfig):
    """Config of `control.forEach`."""

    items: list[Any] = Field(title="Items", description="The list to go through; the body sees `item` and `index`.")
    parallel: int = Field(
        default=1, ge=1, le=MAX_PARALLEL, title="Parallel", description="How many turns may run at the same time."
    )


class ForEach(_EngineNode[ForEachConfig]):
    """A loop over a list."""

    type = declarations.CONTROL_FOR_EACH
    title = "For each"
    help = "Runs its body once for each item of a list, one after the other or several at a time."
    icon = "repeat"
    config = ForEachConfig
    example: ClassVar[dict[str, Any]] = {"items": "{{ nodes.read.output.rows }}", "parallel": 4}
    containers = ("body",)


class WhileConfig(NodeConfig):
    """Config of `control.while`."""

    condition: ExpressionField = Field(
        title="Condition", description="An expression, read before each turn; the loop ends when it does not hold."
    )
    max_iterations: int = Field(
        default=10_000,
        ge=1,
        le=MAX_ITERATIONS,
        title="Most turns",
        description="The loop fails when the condition still holds after so many turns.",
    )


class While(_EngineNode[WhileConfig]):
    """A loop on a condition."""

    type = declarations.CONTROL_WHILE
    title = "While"
    help = "Runs its body as long as the condition holds."
    icon = "rotate-clockwise"
    config = WhileConfig
    example: ClassVar[dict[str, Any]] = {"condition": "{{ vars.page < 10 }}", "maxIterations": 100}
    containers = ("body",)
    expression_fields = frozenset({"condition"})


class TryConfig(NodeConfig):
    """Try has nothing to configure: its body, catch and finally stand beside the config."""


class Try(_EngineNode[TryConfig]):
    """A place where failures are handled."""

    type = declarations.CONTROL_TRY
    title = "Try"
    help = "Runs its body; a failure in it runs `catch`, and `finally` runs in any case."
    icon = "shield-check"
    config = TryConfig
    example: ClassVar[dict[str, Any]] = {}
    containers = ("body", "catch", "finally")


class JoinConfig(NodeConfig):
    """Config of `control.join`."""

    mode: Literal["all", "any"] = Field(
        default="all",
        title="Mode",
        description="`all` waits until every incoming branch is decided, `any` goes on with the first.",
    )


class Join(NodeType[JoinConfig]):
    """Where branches meet."""

    type = declarations.CONTROL_JOIN
    title = "Join"
    help = "Brings parallel branches together."
    icon = "arrows-join"
    config = JoinConfig
    example: ClassVar[dict[str, Any]] = {"mode": "any"}
    repeatable = True
    isolated = False
    inline = True

    async def run(self, config: JoinConfig, context: NodeContext) -> Result:  # noqa: ARG002 - the contract's signature
        """Nothing to do: waiting was the engine's part."""
        return Result()


class DelayConfig(NodeConfig):
    """Config of `control.delay`."""

    seconds: float = Field(ge=0, le=MAX_DELAY_SECONDS, title="Seconds", description="How long to wait.")


class Delay(NodeType[DelayConfig]):
    """A pause."""

    type = declarations.CONTROL_DELAY
    title = "Delay"
    help = (
        "Waits before the workflow goes on; from a minute on and at the top level, the runner is free meanwhile, and "
        "open pages and files of the working folder are gone afterwards."
    )
    icon = "clock-pause"
    config = DelayConfig
    example: ClassVar[dict[str, Any]] = {"seconds": 5}
    repeatable = True
    isolated = False

    async def run(self, config: DelayConfig, context: NodeContext) -> Result | Suspension:  # noqa: ARG002 - the contract's signature
        """Sleep, or let the engine wait; a stop of the execution ends both at once."""
        if config.seconds >= SUSPEND_SECONDS:
            return Suspension("delay", config.seconds, {"seconds": config.seconds})
        await asyncio.sleep(config.seconds)
        return Result(output={"seconds": config.seconds})


class StopConfig(NodeConfig):
    """Config of `control.stop`."""

    status: Literal["success", "fail"] = Field(
        default="success", title="Status", description="Whether the execution counts as completed or as failed."
    )
    message: str = Field(default="", max_length=10_000, title="Message", description="Why the workflow ends here.")


class Stop(NodeType[StopConfig]):
    """An end in the middle."""

    type = declarations.CONTROL_STOP
    title = "Stop"
    help = "Ends the whole execution at once, from any depth, as success or as failure."
    icon = "hand-stop"
    config = StopConfig
    example: ClassVar[dict[str, Any]] = {"status": "fail", "message": "No invoice for {{ inputs.customer }}."}
    ports = ()
    repeatable = True
    isolated = False
    inline = True

    async def run(self, config: StopConfig, context: NodeContext) -> Result:  # noqa: ARG002 - the contract's signature
        """Say how it ends; the engine ends it."""
        return Result(output={"status": config.status, "message": config.message})


NODES = (Start, If, Switch, ForEach, While, Try, Join, Delay, Stop)
