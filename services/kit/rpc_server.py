"""Serving gRPC: who may call (read from the protos), whose request it is, and domain errors as statuses.

A servicer contains no `try`: it raises DomainError and this interceptor turns it into a status with an ErrorDetail in
trailing metadata. Starting fails when an RPC declares no access.
"""

from __future__ import annotations  # grpc's classes are generic for mypy only

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import structlog
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from exekra.kit.v1 import access_pb2
from services.kit.credentials import is_unix
from services.kit.errors import DomainError, Kind
from services.kit.identity import current_principal, current_request_id, decode_principal
from services.kit.translation import GRPC_CODES, as_domain_error, to_detail

log = structlog.get_logger()

CALLER_KEY = "x-exekra-caller"
PRINCIPAL_KEY = "x-exekra-principal-bin"
REQUEST_ID_KEY = "x-exekra-request-id"
ERROR_KEY = "exekra-error-bin"

MAXIMUM_MESSAGE_BYTES = 16 * 1024 * 1024
SERVER_OPTIONS: Sequence[tuple[str, int]] = (
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", MAXIMUM_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAXIMUM_MESSAGE_BYTES),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
)


@dataclass(frozen=True, slots=True)
class Registration:
    """One servicer: its generated `add_…_to_server`, the instance, and its descriptor."""

    add: Callable[[Any, Any], None]
    servicer: Any
    descriptor: ServiceDescriptor


@dataclass(frozen=True, slots=True)
class Access:
    """Declared beside the RPC: services that may call it, and the permission needed by the person behind the call."""

    callers: frozenset[str]
    permission: str


def read_access(registrations: Sequence[Registration]) -> dict[str, Access]:
    """Full method path to access. Raises ValueError for an RPC that declares none."""
    table = {}
    for registration in registrations:
        for method in registration.descriptor.methods:
            declared = method.GetOptions().Extensions[access_pb2.access]
            if not declared.callers:
                raise ValueError(f"{method.full_name} declares no callers; add option (exekra.kit.v1.access)")
            path = f"/{registration.descriptor.full_name}/{method.name}"
            table[path] = Access(callers=frozenset(declared.callers), permission=declared.permission)
    return table


class Guard(grpc.aio.ServerInterceptor):
    """Checks access, sets the request's context variables and translates errors, for all four kinds of RPC.

    `fixed_caller` names the caller of a server that only one kind of peer can reach (the public runner port).
    """

    def __init__(self, access: Mapping[str, Access], *, fixed_caller: str = "") -> None:
        self._access = access
        self._fixed_caller = fixed_caller

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        """Wraps the handler once per call."""
        handler: Any = await continuation(handler_call_details)
        path = handler_call_details.method
        access = self._access.get(path)
        if handler is None or access is None:  # unknown methods, health, reflection
            unguarded: grpc.RpcMethodHandler[Any, Any] | None = handler
            return unguarded
        if handler.response_streaming:
            behaviour = self._streaming(handler.stream_stream or handler.unary_stream, access)
            make = (
                grpc.stream_stream_rpc_method_handler
                if handler.request_streaming
                else grpc.unary_stream_rpc_method_handler
            )
        else:
            behaviour = self._single(handler.stream_unary or handler.unary_unary, access)
            make = (
                grpc.stream_unary_rpc_method_handler
                if handler.request_streaming
                else grpc.unary_unary_rpc_method_handler
            )
        wrapped: grpc.RpcMethodHandler[Any, Any] = make(
            behaviour, handler.request_deserializer, handler.response_serializer
        )
        return wrapped

    def _single(self, behaviour: Any, access: Access) -> Any:
        async def serve(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
            try:
                self._admit(access, context)
                return await behaviour(request, context)
            except Exception as error:  # noqa: BLE001 - every error becomes a status
                await _abort(context, error)

        return serve

    def _streaming(self, behaviour: Any, access: Access) -> Any:
        async def serve(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> AsyncIterator[Any]:
            try:
                self._admit(access, context)
                async for response in behaviour(request, context):
                    yield response
            except Exception as error:  # noqa: BLE001 - every error becomes a status
                await _abort(context, error)

        return serve

    def _admit(self, access: Access, context: grpc.aio.ServicerContext[Any, Any]) -> None:
        metadata: dict[str, Any] = dict(context.invocation_metadata() or ())
        caller = self._fixed_caller or _peer_name(context) or str(metadata.get(CALLER_KEY, ""))
        if caller not in access.callers:
            raise DomainError(
                Kind.FORBIDDEN, "CALLER_NOT_ALLOWED", f"{caller or 'An unknown caller'} may not call this."
            )
        current_request_id.set(str(metadata.get(REQUEST_ID_KEY, "")))
        principal = None
        if caller == "gateway" and PRINCIPAL_KEY in metadata:
            principal = decode_principal(metadata[PRINCIPAL_KEY])
        current_principal.set(principal)
        if access.permission and (principal is None or not principal.may(access.permission)):
            raise DomainError(Kind.FORBIDDEN, "PERMISSION_MISSING", f"This needs the permission {access.permission}.")


def _peer_name(context: grpc.aio.ServicerContext[Any, Any]) -> str:
    """Common name of the peer's certificate; empty on a Unix socket."""
    names = list(context.auth_context().get("x509_common_name", ()))
    return names[0].decode() if names else ""


async def _abort(context: grpc.aio.ServicerContext[Any, Any], error: Exception) -> None:
    if isinstance(error, grpc.aio.AbortError):
        raise error
    domain = as_domain_error(error)
    if domain.kind is Kind.INTERNAL:
        log.error("call failed", exc_info=error)
    detail = to_detail(domain).SerializeToString()
    await context.abort(GRPC_CODES[domain.kind], domain.message, ((ERROR_KEY, detail),))


@asynccontextmanager
async def grpc_server(
    registrations: Sequence[Registration],
    listen: str,
    *,
    credentials: grpc.ServerCredentials | None = None,
    fixed_caller: str = "",
    drain_seconds: float = 10.0,
) -> AsyncIterator[grpc.aio.Server]:
    """A started server with health and reflection; leaving the block drains it. Raises OSError for a taken address."""
    server = grpc.aio.server(
        interceptors=[Guard(read_access(registrations), fixed_caller=fixed_caller)], options=SERVER_OPTIONS
    )
    names = [registration.descriptor.full_name for registration in registrations]
    for registration in registrations:
        registration.add(registration.servicer, server)
    health_servicer = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health_servicer, server)
    reflection.enable_server_reflection([*names, health.SERVICE_NAME, reflection.SERVICE_NAME], server)
    lock = _bind(server, listen, credentials)
    await server.start()
    for name in ("", *names):
        await health_servicer.set(name, health_pb2.HealthCheckResponse.SERVING)
    try:
        yield server
    finally:
        await health_servicer.enter_graceful_shutdown()
        await asyncio.shield(server.stop(drain_seconds))
        if lock is not None:
            os.close(lock)


def _bind(server: grpc.aio.Server, listen: str, credentials: grpc.ServerCredentials | None) -> int | None:
    """Binds, and answers the lock that keeps a second process from taking over a Unix socket silently."""
    lock = None
    if is_unix(listen):
        path = Path(listen.removeprefix("unix:"))
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(f"{path}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise OSError(f"{listen} is already served by another process") from None
        path.unlink(missing_ok=True)
    try:
        if credentials is None:
            server.add_insecure_port(listen)
        else:
            server.add_secure_port(listen, credentials)
    except RuntimeError as error:
        raise OSError(f"{listen} cannot be listened on: {error}") from error
    return lock
