"""Who stands behind a call, carried from the gateway through every hop in gRPC metadata and a context variable."""

import json
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Principal:
    """A person ("user"), an API key ("api_key"), a runner ("runner") or the Hub itself ("system")."""

    kind: str
    id: str
    name: str
    permissions: frozenset[str] = field(default_factory=frozenset)
    ip: str = ""

    @property
    def reference(self) -> str:
        """Kind and id in one word, as tables name whom a row belongs to."""
        return f"{self.kind}:{self.id}"

    def may(self, permission: str) -> bool:
        """True when this permission was granted; the Hub itself may do everything."""
        return self.kind == "system" or permission in self.permissions

    def encode(self) -> bytes:
        """As bytes for metadata `x-exekra-principal-bin`."""
        return json.dumps([self.kind, self.id, self.name, sorted(self.permissions), self.ip]).encode()


SYSTEM = Principal(kind="system", id="", name="Exekra Hub")

current_principal: ContextVar[Principal | None] = ContextVar("current_principal", default=None)
current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")


def decode_principal(data: bytes) -> Principal:
    """Reads what `encode` wrote. Raises ValueError when it is something else."""
    document: Any = json.loads(data)
    kind, identifier, name, permissions, ip = document
    return Principal(kind=kind, id=identifier, name=name, permissions=frozenset(permissions), ip=ip)


def acting_principal() -> Principal:
    """The principal of the call being served, or the Hub itself outside any call."""
    return current_principal.get() or SYSTEM
