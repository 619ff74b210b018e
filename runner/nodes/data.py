"""Data nodes: set variables, compute a value."""

from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from runner.nodes.base import ExpressionField, NodeConfig, NodeContext, NodeFailure, NodeType, Result
from runner.workflow import declarations
from runner.workflow.queries import QueryError, run_query


class SetConfig(NodeConfig):
    """Config of `data.set`."""

    values: dict[str, Any] = Field(
        min_length=1,
        title="Values",
        description="The new value of each variable; all are computed before any is written.",
    )


class SetVariables(NodeType[SetConfig]):
    """Writes variables."""

    type = declarations.DATA_SET
    title = "Set variables"
    help = "Gives variables of the workflow new values; its output is these values."
    icon = "variable"
    config = SetConfig
    example: ClassVar[dict[str, Any]] = {"values": {"total": "{{ vars.total + item.amount }}"}}
    # Adding to a variable twice is not the same as once.
    repeatable = False
    isolated = False
    inline = True

    async def run(self, config: SetConfig, context: NodeContext) -> Result:  # noqa: ARG002 - the contract's signature
        """Hand the values over; the engine writes them at once."""
        return Result(output=config.values, variables=config.values)


class TransformConfig(NodeConfig):
    """Config of `data.transform`: an expression, or a JMESPath query on an input."""

    expression: ExpressionField | None = Field(default=None, title="Expression", description="Its value is the output.")
    jmespath: str | None = Field(
        default=None, max_length=2_000, title="JMESPath", description="A query on `input`, instead of an expression."
    )
    input: Any = Field(default=None, title="Input", description="What the JMESPath query looks at.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.expression is None) == (self.jmespath is None):
            raise ValueError("give either an expression or a JMESPath query")
        return self


class Transform(NodeType[TransformConfig]):
    """Computes a value."""

    type = "data.transform"
    title = "Transform"
    help = "Computes a value by an expression or a JMESPath query."
    icon = "transform"
    config = TransformConfig
    example: ClassVar[dict[str, Any]] = {"expression": "{{ [r for r in nodes.read.output.rows if r.amount > 0] }}"}
    code_fields = frozenset({"jmespath"})
    expression_fields = frozenset({"expression"})
    repeatable = True
    isolated = False
    inline = True

    async def run(self, config: TransformConfig, context: NodeContext) -> Result:  # noqa: ARG002 - the contract's signature
        """Compute once. Raises NodeFailure EXPRESSION_FAILED or QUERY_FAILED."""
        if config.expression is not None:
            return Result(output=config.expression())
        try:
            return Result(output=run_query(config.jmespath or "", config.input))
        except QueryError as error:
            raise NodeFailure("QUERY_FAILED", str(error)) from None


NODES = (SetVariables, Transform)
