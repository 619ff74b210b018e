"""Shapes of expressions tried on samples."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from services.gateway.transcoding.fields import ApiModel, BodyModel, Document, JsonDocument

MAXIMUM_SOURCE = 64 * 1024
Source = Annotated[str, Field(max_length=MAXIMUM_SOURCE)]
_OBJECTS = {name: {"type": "object"} for name in ("inputs", "vars", "nodes", "loops", "globals", "execution")}
Context = Annotated[
    dict[str, Any],
    Field(
        json_schema_extra={
            "properties": {**_OBJECTS, "item": {}, "index": {"type": "integer"}},
            "additionalProperties": False,
        }
    ),
    JsonDocument(),
]


class PreviewExpression(BodyModel):
    """One expression, or a template: a text with expressions in braces. It sees the context and nothing else.

    `context` holds what an expression sees by the same names: `inputs`, `vars`, `nodes` (`{"fetch": {"output": …}}`),
    `loops`, `execution`, and inside a forEach `item` and `index`. `globals` are the Hub's own, but for those given.
    """

    expression: Source | None = None
    template: Source | None = None
    context: Context = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_one_source(self) -> "PreviewExpression":
        if (self.expression is None) == (self.template is None):
            raise ValueError("give either expression or template")
        return self


class ExpressionPreview(ApiModel):
    """What it comes to. Not `ok`: `error` tells why, and `missing` that only a sample is missing.

    Of a long value there is only the beginning when it is `abridged`.
    """

    ok: bool
    value: Document
    kind: Literal["text", "number", "boolean", "null", "list", "object"] | None
    error: str | None
    missing: bool
    abridged: bool
