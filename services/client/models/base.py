"""How answers are read: known members typed, unknown ones kept, missing ones at their default.

So a program keeps working against a Hub that is one release older or newer.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Answer(BaseModel):
    """Part of an answer, frozen."""

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_alias=True, validate_by_name=True, extra="allow", frozen=True
    )

    def as_json(self) -> dict[str, Any]:
        """The answer as it came: camelCase, without members that were not there."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


class Actor(Answer):
    """Who caused something: `kind` is user, api_key, trigger or system."""

    kind: str
    id: str | None = None
    name: str = ""


class Failure(Answer):
    """Why work failed."""

    code: str
    message: str
    node_id: str | None = None
    retryable: bool = False
    details: Any = None
