"""What a route is: one declaration from which the handler, the OpenAPI document and the permission matrix are made."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel

from services.gateway.identity.model import Caller
from services.gateway.parts import Gateway
from services.gateway.permissions import ANYONE, PERMISSIONS, SIGNED_IN
from services.gateway.web.bodies import BODY_BYTES

API = "/api"
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True, slots=True)
class Call:
    """One admitted request: who calls, and its parts, read and validated."""

    request: web.Request
    caller: Caller
    gateway: Gateway
    path: Mapping[str, str | int]
    query: Any = None
    body: Any = None
    body_sha256: str = ""
    idempotency_key: str = ""

    def id(self, name: str) -> str:
        """An id from the path."""
        return str(self.path[name])


Serve = Callable[[Call], Awaitable[BaseModel | web.StreamResponse | None]]
"""Does a route's work in the gateway itself; None answers 204."""
Prepare = Callable[[Call, Any], Awaitable[None]]
"""Completes the RPC's request with what the body does not say (the caller's own runner, …)."""


Complete = Callable[[Call, Any], None]
"""Completes the RPC's response with what only the gateway knows (its own address)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`rpc` names a method of the protos, or `serve` does the work; exactly one of them."""

    method: Method
    path: str
    summary: str
    resource: str
    permission: str
    rpc: str = ""
    serve: Serve | None = None
    request: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    response: type[BaseModel] | None = None
    status: int = 200
    further_statuses: Sequence[int] = ()
    audit: str = ""
    """The event the gateway itself records; RPCs record their own."""
    body_limit: int = BODY_BYTES
    body_is_document: str = ""
    """Field of the RPC that takes the whole body as JSON."""
    seconds: float = 5.0
    prepare: Prepare | None = None
    complete: Complete | None = None
    status_of: Callable[[Any], int] | None = None
    etag_of: Callable[[Any], str] | None = None
    answer_document: str = ""
    """Field of the RPC's response that is the whole answer, as JSON."""
    media_type: str = "application/json"
    creates: bool = field(default=False)
    """Takes an Idempotency-Key."""
    login: bool = False
    """Counted by the stricter limit for sign-ins."""
    also_head: bool = False

    @property
    def full_path(self) -> str:
        """With the prefix of the API."""
        return API + self.path

    @property
    def path_names(self) -> list[str]:
        """Names in braces, in order."""
        return re.findall(r"{(\w+)}", self.path)

    def check(self) -> None:
        """Raises ValueError for a declaration that cannot be served: start-up fails instead of leaving a door open."""
        where = f"{self.method} {self.full_path}"
        if self.permission not in PERMISSIONS | {ANYONE, SIGNED_IN}:
            raise ValueError(f"{where} declares no known permission: {self.permission!r}")
        if bool(self.rpc) == (self.serve is not None):
            raise ValueError(f"{where} needs an RPC or a handler, and not both")
        if self.response is None and self.status != 204 and not self.answer_document and not self._is_own_media():
            raise ValueError(f"{where} declares no response")

    def _is_own_media(self) -> bool:
        return self.media_type != "application/json"
