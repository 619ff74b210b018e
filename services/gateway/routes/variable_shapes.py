"""Shapes of global variables."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from services.gateway.routes.shapes import Actor, PageQuery
from services.gateway.transcoding.fields import ApiModel, BodyModel, Document, NotSent, Proto, ShortText, Text

VariableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]
Value = Annotated[Any, NotSent(), Field(description="Any JSON of at most 64 KiB; no secret.")]


class VariableUser(ApiModel):
    """A workflow whose published version reads the variable."""

    workflow_id: str
    name: str


class VariableShape(ApiModel):
    """A named value of the installation; expressions read it as `globals.<name>`."""

    id: str
    name: str
    description: str
    value: Document
    etag: str
    created_at: datetime
    updated_at: datetime
    created_by: Actor
    used_by: list[VariableUser]


class VariableAnswer(ApiModel):
    """One variable."""

    variable: VariableShape


class VariablePage(ApiModel):
    """By name."""

    items: list[VariableShape]
    next_cursor: str | None


class VariableQuery(PageQuery):
    """`q` is part of the name or the description."""

    q: Annotated[ShortText, Proto("query")] = ""


class CreateVariable(BodyModel):
    """The name is unique whatever its case."""

    name: VariableName
    value: Value
    description: Text = ""


class ChangeVariable(BodyModel):
    """What is left out stays; executions that have begun keep the value they read."""

    name: VariableName | None = None
    value: Value = None
    description: Text | None = None


class DeleteVariableQuery(ApiModel):
    """`force` deletes it although published workflows read it."""

    force: bool = False
