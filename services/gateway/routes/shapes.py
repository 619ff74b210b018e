"""Shapes that several resources share: pages of lists, who did it, why it failed."""

from typing import Annotated

from pydantic import Field

from services.gateway.transcoding.fields import ApiModel, Document, NotSent, ShortText
from services.kit.paging import DEFAULT_LIMIT, MAXIMUM_LIMIT

Limit = Annotated[int, Field(ge=1, le=MAXIMUM_LIMIT)]
Cursor = Annotated[str, Field(max_length=500)]


class PageQuery(ApiModel):
    """Which part of a list."""

    limit: Limit = DEFAULT_LIMIT
    cursor: Cursor = ""


class WholeListQuery(ApiModel):
    """The list is short and answered whole; page parameters are taken and change nothing."""

    limit: Annotated[Limit, NotSent()] = DEFAULT_LIMIT
    cursor: Annotated[Cursor, NotSent()] = ""


class SearchQuery(PageQuery):
    """A list narrowed by text."""

    q: ShortText = ""


class Actor(ApiModel):
    """Who caused it: kind is user, api_key, trigger or system."""

    kind: str
    id: str | None
    name: str


class Failure(ApiModel):
    """Why work failed; a failure is a result, not an error of the call."""

    code: str
    message: str
    node_id: str | None
    retryable: bool
    details: Document
