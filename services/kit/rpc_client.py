"""Calling another service: a deadline on every call, the principal and request id along, statuses back to errors."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import grpc
import grpc.aio
from google.protobuf.message import Message

from exekra.kit.v1 import error_pb2
from services.kit.credentials import channel_credentials, is_unix
from services.kit.errors import DomainError, Kind
from services.kit.identity import current_principal, current_request_id
from services.kit.rpc_server import CALLER_KEY, ERROR_KEY, MAXIMUM_MESSAGE_BYTES, PRINCIPAL_KEY, REQUEST_ID_KEY
from services.kit.translation import from_detail

ResponseT = TypeVar("ResponseT", bound=Message)

DEADLINE_SECONDS = 5.0
"""For calls that only touch the database; a caller that knows better says so."""

CHANNEL_OPTIONS: Sequence[tuple[str, int]] = (
    ("grpc.max_receive_message_length", MAXIMUM_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAXIMUM_MESSAGE_BYTES),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.use_local_subchannel_pool", 1),
)

_KINDS = {
    grpc.StatusCode.DEADLINE_EXCEEDED: Kind.DEADLINE,
    grpc.StatusCode.RESOURCE_EXHAUSTED: Kind.TOO_LARGE,
    grpc.StatusCode.INVALID_ARGUMENT: Kind.INVALID,
    grpc.StatusCode.UNAUTHENTICATED: Kind.UNAUTHENTICATED,
    grpc.StatusCode.UNIMPLEMENTED: Kind.INTERNAL,
    grpc.StatusCode.INTERNAL: Kind.INTERNAL,
}
"""For statuses gRPC itself makes, which carry no ErrorDetail; everything else means the peer is away."""


@asynccontextmanager
async def open_channel(
    address: str, *, caller: str, internal_tls: Path | None = None
) -> AsyncIterator[grpc.aio.Channel]:
    """A lazily connecting channel to another service; `caller` is this service's own name."""
    if is_unix(address):
        channel = grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS)
    else:
        channel = grpc.aio.secure_channel(address, channel_credentials(internal_tls, caller), options=CHANNEL_OPTIONS)
    try:
        yield channel
    finally:
        await channel.close()


def call_metadata(caller: str) -> tuple[tuple[str, str | bytes], ...]:
    """Who calls, on whose behalf, and under which request id."""
    metadata: list[tuple[str, str | bytes]] = [(CALLER_KEY, caller)]
    request_id = current_request_id.get()
    if request_id:
        metadata.append((REQUEST_ID_KEY, request_id))
    principal = current_principal.get()
    if principal is not None:
        metadata.append((PRINCIPAL_KEY, principal.encode()))
    return tuple(metadata)


async def call(method: Any, request: Message, *, caller: str, seconds: float = DEADLINE_SECONDS) -> Any:
    """Calls a unary method of a stub. Raises the DomainError the other side raised, or UNAVAILABLE / DEADLINE."""
    try:
        return await method(request, timeout=seconds, metadata=call_metadata(caller))
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error) from error


async def call_stream(
    method: Any, request: Message, *, caller: str, seconds: float | None = None
) -> AsyncIterator[Any]:
    """Yields the responses of a server-streaming method. Raises as `call` does."""
    try:
        async for response in method(request, timeout=seconds, metadata=call_metadata(caller)):
            yield response
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error) from error


def from_rpc_error(error: grpc.aio.AioRpcError) -> DomainError:
    """The error as the other side raised it; a status without ErrorDetail is the transport's own."""
    for key, value in error.trailing_metadata() or ():
        if key == ERROR_KEY:
            return from_detail(error_pb2.ErrorDetail.FromString(value))  # type: ignore[arg-type]  # -bin keys carry bytes
    kind = _KINDS.get(error.code(), Kind.UNAVAILABLE)
    return DomainError(
        kind, error.code().name, error.details() or "A service of the Hub cannot be reached. Try again shortly."
    )
