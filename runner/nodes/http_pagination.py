"""How services cut lists into pages: the config of each way, and which request follows an answer. Sends nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from runner.nodes.base import NodeConfig, NodeFailure
from runner.nodes.http_bodies import JsonBody
from runner.workflow.documents import Json
from runner.workflow.queries import QueryError, check_query, run_query

Place = Literal["query", "body"]


def _is_query(value: str) -> str:
    try:
        check_query(value)
    except QueryError as error:
        raise ValueError(str(error)) from None
    return value


@dataclass(frozen=True, slots=True)
class Page:
    """An answer as far as the next request depends on it. Header names are in small letters; `number` counts from 1.

    `next_link` is the address its header `Link` gives for the relation `next`.
    """

    number: int
    headers: Mapping[str, str]
    next_link: str | None
    json: Json
    items: int


@dataclass(frozen=True, slots=True)
class Follow:
    """The next request: another address, or one value in another place. One of the two is there."""

    url: str | None = None
    place: Place = "query"
    name: str = ""
    value: Json = None


class ManyPages(NodeConfig):
    """What all ways of paging have in common."""

    items: Annotated[str, AfterValidator(_is_query)] = Field(
        default="@",
        min_length=1,
        title="Items",
        description="JMESPath of the list in each answer; @ when the answer is the list.",
    )
    max_pages: int = Field(default=100, ge=1, le=10_000, title="Most pages", description="Requests at most.")
    max_items: int = Field(default=100_000, ge=1, le=1_000_000, title="Most items", description="Of all pages.")
    at_limit: Literal["fail", "stop"] = Field(
        default="fail", title="At the limit", description="Fail, or go on with what was read and say that more follows."
    )
    pause_seconds: float = Field(default=0, ge=0, le=60, title="Pause", description="Seconds between two requests.")

    def first(self) -> Follow | None:
        """The first request is the one that was configured."""
        return None


class OnePage(NodeConfig):
    """The answer is everything."""

    type: Literal["none"] = Field(default="none", title="Kind", description="One request brings everything.")


class LinkedPages(ManyPages):
    """Each answer links to the next in its header `Link` (RFC 8288), as GitHub does."""

    type: Literal["link"] = Field(
        default="link", title="Kind", description="The Link header of each answer holds the address of the next page."
    )

    def next(self, page: Page) -> Follow | None:
        """The link to the next page."""
        return None if page.next_link is None else Follow(url=page.next_link)


class CursorPages(ManyPages):
    """Each answer names the next page by a cursor, a token or an address."""

    type: Literal["cursor"] = Field(
        default="cursor", title="Kind", description="Each answer holds a value that asks for the next page."
    )
    cursor: str = Field(
        min_length=1,
        max_length=2_000,
        title="Cursor",
        description="JMESPath of the cursor in the answer, for instance meta.next; or the name of a header.",
    )
    cursor_in: Literal["body", "header"] = Field(
        default="body", title="Cursor stands in", description="Body or header of each answer."
    )
    send_as: Literal["query", "body", "url"] = Field(
        default="query",
        title="Send it as",
        description="A query parameter, a member of the JSON body, or it is the next address itself.",
    )
    name: str = Field(default="cursor", min_length=1, title="Parameter", description="Name of parameter or member.")

    @model_validator(mode="after")
    def _is_readable(self) -> Self:
        if self.cursor_in == "body":
            _is_query(self.cursor)
        return self

    def next(self, page: Page) -> Follow | None:
        """The cursor, unless it is missing, null, false or empty: that is how services say that this was all."""
        found = page.headers.get(self.cursor.lower()) if self.cursor_in == "header" else select(self.cursor, page.json)
        if found in (None, False, ""):
            return None
        if not isinstance(found, str | int | float):
            raise NodeFailure("HTTP_PAGE_UNREADABLE", f"{self.cursor} is neither text nor number; check 'Cursor'.")
        if self.send_as == "url":
            return Follow(url=str(found))
        return Follow(place=self.send_as, name=self.name, value=found)


class NumberedPages(ManyPages):
    """Pages have numbers, or begin at an offset; the first page without items ends the list."""

    type: Literal["number"] = Field(
        default="number", title="Kind", description="Pages are counted, or rows skipped, in the address."
    )
    name: str = Field(default="page", min_length=1, title="Parameter", description="For instance page or offset.")
    begin: int = Field(default=1, ge=0, title="First", description="Number of the first page, or its offset.")
    step: int = Field(
        default=1, ge=1, le=100_000, title="Step", description="1 for pages, the page's size for offsets."
    )
    page_size: int | None = Field(
        default=None, ge=1, title="Page size", description="A page with fewer items is the last; saves one request."
    )
    send_as: Place = Field(
        default="query", title="Send it as", description="Query parameter or member of the JSON body."
    )

    def first(self) -> Follow | None:
        """The first page has its number as well."""
        return self._page(0)

    def next(self, page: Page) -> Follow | None:
        """The page after this one."""
        if page.items < (self.page_size or 1):
            return None
        return self._page(page.number)

    def _page(self, index: int) -> Follow:
        return Follow(place=self.send_as, name=self.name, value=self.begin + index * self.step)


Pagination = Annotated[OnePage | LinkedPages | CursorPages | NumberedPages, Field(discriminator="type")]


def select(query: str, answer: Json) -> Json:
    """What a JMESPath selects. Raises NodeFailure HTTP_PAGE_UNREADABLE."""
    try:
        return run_query(query, answer)
    except QueryError as error:
        raise NodeFailure("HTTP_PAGE_UNREADABLE", f"{error}. Check it against an answer of the service.") from None


def with_member(body: JsonBody, name: str, value: Json) -> JsonBody:
    """The body with one more member. Raises NodeFailure HTTP_PAGE_UNREADABLE unless it is an object."""
    if not isinstance(body.value, dict):
        raise NodeFailure("HTTP_PAGE_UNREADABLE", "The page can only stand in a JSON body that is an object.")
    return JsonBody(value={**body.value, name: value})
