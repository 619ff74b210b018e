"""Exceptions to domain errors, kinds to gRPC codes: the one table each; and errors as they cross between services."""

import json
from collections.abc import Mapping

import asyncpg
import grpc

from exekra.kit.v1 import error_pb2
from services.kit.errors import DomainError, FieldError, Kind, unavailable

GRPC_CODES: Mapping[Kind, grpc.StatusCode] = {
    Kind.INVALID: grpc.StatusCode.INVALID_ARGUMENT,
    Kind.UNAUTHENTICATED: grpc.StatusCode.UNAUTHENTICATED,
    Kind.FORBIDDEN: grpc.StatusCode.PERMISSION_DENIED,
    Kind.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    Kind.EXISTS: grpc.StatusCode.ALREADY_EXISTS,
    Kind.WRONG_STATE: grpc.StatusCode.FAILED_PRECONDITION,
    Kind.SUPERSEDED: grpc.StatusCode.ABORTED,
    Kind.CHANGED: grpc.StatusCode.FAILED_PRECONDITION,
    Kind.TOO_LARGE: grpc.StatusCode.OUT_OF_RANGE,
    Kind.EXHAUSTED: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Kind.PAYMENT: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Kind.UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
    Kind.DEADLINE: grpc.StatusCode.DEADLINE_EXCEEDED,
    Kind.INTERNAL: grpc.StatusCode.INTERNAL,
}

DATABASE_AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,  # disk, memory, connections
    asyncpg.OperatorInterventionError,  # shutdown, crash, start
    asyncpg.PostgresSystemError,
    asyncpg.TransactionRollbackError,  # deadlock among them
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.LockNotAvailableError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection whose server died before its last answer was complete
)
"""What asyncpg raises while Postgres restarts, is cut off, is full or cannot give a lock: the same call may succeed
later. Whatever is missing here becomes a definite answer, by which a runner throws the result of its work away."""


def as_domain_error(error: Exception) -> DomainError:
    """What a caller is told of any exception: its own words for domain errors, UNAVAILABLE while Postgres is away."""
    if isinstance(error, DomainError):
        return error
    if isinstance(error, TimeoutError | asyncpg.QueryCanceledError):
        return DomainError(Kind.DEADLINE, "DEADLINE_EXCEEDED", "The Hub did not answer in time. Try again shortly.")
    if isinstance(error, DATABASE_AWAY):
        return unavailable("The database")
    return DomainError(
        Kind.INTERNAL,
        "INTERNAL",
        "The Hub met an error of its own. Its log holds the details under this request id.",
    )


def to_detail(error: DomainError) -> error_pb2.ErrorDetail:
    """The error as it crosses between services."""
    return error_pb2.ErrorDetail(
        reason=error.reason,
        kind=error.kind,
        message=error.message,
        fields=[error_pb2.FieldError(pointer=field.pointer, detail=field.detail) for field in error.fields],
        facts_json=json.dumps(error.facts).encode(),
    )


def from_detail(detail: error_pb2.ErrorDetail) -> DomainError:
    """The error as the other side raised it."""
    return DomainError(
        Kind(detail.kind),
        detail.reason,
        detail.message,
        fields=[FieldError(field.pointer, field.detail) for field in detail.fields],
        facts=json.loads(detail.facts_json or b"{}"),
    )


def is_outage(error: Exception) -> bool:
    """True when something the process needs is away for now, which is no fault of the process itself."""
    return as_domain_error(error).kind in (Kind.UNAVAILABLE, Kind.DEADLINE)
