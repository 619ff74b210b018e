"""What the edge's pydantic models say about protobuf: names, documents, members gathered from elsewhere.

A model is the truth about an answer's JSON; markers tell where its values come from when names differ.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, get_args, get_origin

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, StringConstraints
from pydantic.alias_generators import to_camel


class ApiModel(BaseModel):
    """camelCase outside, snake_case inside, unknown members refused."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_alias=True, validate_by_name=True, extra="forbid")


class BodyModel(ApiModel):
    """A request's body: JSON has types of its own, so "5" is no number and 1 no boolean."""

    model_config = ConfigDict(strict=True)


@dataclass(frozen=True, slots=True)
class JsonDocument:
    """A member whose value is any JSON; it crosses gRPC as bytes in `<name>_json`. `empty` stands for no bytes."""

    empty: str = "null"


@dataclass(frozen=True, slots=True)
class Proto:
    """The protobuf field this member is read from or written to, when it is named otherwise.

    `schedule.cron` is a field of the message in the field `schedule`.
    """

    name: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """A member of a request that its route's `prepare` deals with, not the RPC."""


@dataclass(frozen=True, slots=True)
class Gather:
    """An object made of fields of the message around it: pairs of member and field."""

    sources: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Outer:
    """A member read from the message one level further out."""

    name: str


Document = Annotated[Any, JsonDocument()]
"""Any JSON; null when there is none."""
ObjectDocument = Annotated[dict[str, Any], JsonDocument(empty="{}")]
"""A JSON object; empty when there is none."""
ListDocument = Annotated[list[Any], JsonDocument(empty="[]")]
"""A JSON array; empty when there is none."""

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(max_length=2_000)]
ShortText = Annotated[str, StringConstraints(max_length=200)]
Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)")


def _read_instant(value: object) -> object:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise ValueError("give a time with its offset such as 2026-01-31T08:00:00Z")
    return datetime.fromisoformat(value.upper())


Instant = Annotated[AwareDatetime, BeforeValidator(_read_instant)]
"""ISO 8601 with an offset; answers are in UTC with `Z`."""


def marker(metadata: list[Any], kind: type) -> Any:
    """The first marker of this kind, or None."""
    return next((item for item in metadata if isinstance(item, kind)), None)


def without_none(annotation: Any) -> tuple[Any, bool]:
    """`X | None` → (X, True); anything else → (itself, False)."""
    arguments = get_args(annotation)
    if type(None) in arguments and get_origin(annotation) is not None:
        rest = [argument for argument in arguments if argument is not type(None)]
        return (rest[0] if len(rest) == 1 else annotation), True
    return annotation, False


def item_of(annotation: Any) -> Any:
    """`list[X]` → X."""
    return get_args(annotation)[0] if get_origin(annotation) in (list, tuple) else annotation
