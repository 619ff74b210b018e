"""What http.request can be told."""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from runner.nodes.base import NodeConfig
from runner.nodes.fields import Secret
from runner.nodes.http_bodies import Body, JsonBody, NoBody, Scalar
from runner.nodes.http_pagination import OnePage, Pagination


class NoAuth(NodeConfig):
    """The request says nothing about who asks."""

    type: Literal["none"] = Field(default="none", title="Kind", description="The server asks for no sign-in.")


class BasicAuth(NodeConfig):
    """User and password in the Authorization header."""

    type: Literal["basic"] = Field(default="basic", title="Kind", description="A user name and a password.")
    username: str = Field(title="User", description="May be an expression on credentials.")
    password: Secret = Field(title="Password", description="Use an expression on credentials.")


class BearerAuth(NodeConfig):
    """A token in the Authorization header."""

    type: Literal["bearer"] = Field(default="bearer", title="Kind", description="A token in the Authorization header.")
    token: Secret = Field(min_length=1, title="Token", description="Use an expression on credentials.")


class ApiKeyAuth(NodeConfig):
    """A key in a header of its own, or in the query where a service wants it there."""

    type: Literal["apiKey"] = Field(default="apiKey", title="Kind", description="A key in a header or in the address.")
    name: str = Field(
        default="X-API-Key",
        pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
        title="Name",
        description="Of the header or query parameter.",
    )
    key: Secret = Field(
        min_length=1, pattern=r"^[^\r\n\x00]*$", title="Key", description="Use an expression on credentials."
    )
    place: Literal["header", "query"] = Field(default="header", title="Place", description="Where the key is sent.")


class HttpRequestConfig(NodeConfig):
    """Config of http.request."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] = Field(
        default="GET", title="Method", description="What is asked for."
    )
    url: str = Field(min_length=1, max_length=16_384, title="URL", description="Begins with http:// or https://.")
    query: dict[str, Scalar | list[Scalar]] = Field(
        default_factory=dict,
        title="Query",
        description="Parameters added to the URL; a list repeats one, null is left out.",
    )
    headers: dict[str, str] = Field(default_factory=dict, title="Headers", description="Name → value.")
    auth: Annotated[NoAuth | BasicAuth | BearerAuth | ApiKeyAuth, Field(discriminator="type")] = Field(
        default=NoAuth(), title="Authentication", description="None, basic, bearer or a key."
    )
    body: Body = Field(default=NoBody(), title="Body", description="None, JSON, text, form, or files to upload.")
    pagination: Pagination = Field(
        default=OnePage(), title="Pages", description="How to go on when the service answers a list page by page."
    )
    timeout_seconds: float = Field(
        default=30, gt=0, le=3600, title="Timeout", description="Seconds until the whole answer (each page) is there."
    )
    expected_status: str = Field(
        default="200-299", title="Expected status", description="Numbers and ranges, for instance 200-299,404."
    )
    follow_redirects: bool = Field(default=True, title="Follow redirects", description="Up to 10 of them.")
    read_as: Literal["auto", "json", "text"] = Field(
        default="auto", title="Read as", description="`auto` goes by the content type of the answer."
    )
    save_to: str | None = Field(
        default=None, min_length=1, title="Save to file", description="Download to this file, whatever it holds."
    )
    max_bytes: int | None = Field(
        default=None,
        ge=1,
        title="Largest answer",
        description="In bytes, all pages together; none: 16 MiB, or 2 GiB into a file.",
    )
    verify_tls: bool = Field(default=True, title="Check certificate", description="Off only for tests.")
    ca_file: str | None = Field(
        default=None,
        min_length=1,
        title="CA file",
        description="PEM file of the authority that signed the certificate.",
    )
    proxy: str | None = Field(
        default=None, pattern="^https?://[^/]+", title="Proxy", description="For instance http://proxy:3128."
    )

    @model_validator(mode="after")
    def _fits_pages(self) -> Self:
        paging = self.pagination
        if isinstance(paging, OnePage):
            return self
        if self.save_to is not None or self.read_as == "text":
            raise ValueError("pages are read as JSON and joined; leave out 'Save to file' and 'Read as' text")
        if getattr(paging, "send_as", "") == "body" and not isinstance(self.body, JsonBody):
            raise ValueError("a page can be asked for in the body only when that is JSON")
        return self

    @field_validator("expected_status")
    @classmethod
    def _is_status_list(cls, value: str) -> str:
        status_ranges(value)
        return value

    @field_validator("headers")
    @classmethod
    def _are_headers(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) or re.search(r"[\r\n\0]", value):
                raise ValueError(f"{name[:60]!r} is no header: no spaces in the name, no line breaks in the value")
        return headers


def status_ranges(text: str) -> list[range]:
    """The ranges of `200-299,404`. Raises ValueError."""
    ranges = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*([1-5]\d\d)(?:-([1-5]\d\d))?\s*", part)
        if not match:
            raise ValueError("write statuses like 200-299,404")
        first = int(match[1])
        ranges.append(range(first, int(match[2] or first) + 1))
    return ranges
