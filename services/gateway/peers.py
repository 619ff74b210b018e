"""The services behind the gateway: one channel each, and calls by a method's full name in the protos."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from typing import Any

import grpc.aio
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc

from exekra.audit.v1 import audit_service_pb2  # noqa: F401 - registers its descriptors, as do the others
from exekra.kit.v1 import access_pb2
from exekra.license.v1 import license_service_pb2  # noqa: F401
from exekra.registry.v1 import runner_admin_service_pb2  # noqa: F401
from exekra.scheduler.v1 import (  # noqa: F401
    approval_service_pb2,
    calendar_service_pb2,
    changes_service_pb2,
    credential_service_pb2,
    event_endpoint_service_pb2,
    evidence_service_pb2,
    execution_service_pb2,
    expression_service_pb2,
    notification_rule_service_pb2,
    outcome_service_pb2,
    trigger_service_pb2,
    variable_service_pb2,
    webhook_service_pb2,
    work_queue_service_pb2,
    workflow_service_pb2,
)
from services.gateway.settings import GatewaySettings
from services.kit.rpc_client import call, call_stream, open_channel

CALLER = "gateway"
PEERS = ("scheduler", "registry", "license", "audit")
HEALTH_SECONDS = 2.0


@cache
def find_method(full_name: str) -> MethodDescriptor:
    """`exekra.scheduler.v1.WorkflowService.GetWorkflow`. Raises KeyError when the protos have none."""
    method: MethodDescriptor = descriptor_pool.Default().FindMethodByName(full_name)
    return method


def permission_of(method: MethodDescriptor) -> str:
    """What the proto demands of the person behind the call; empty when nothing."""
    declared: str = method.GetOptions().Extensions[access_pb2.access].permission
    return declared


def request_of(method: MethodDescriptor) -> Message:
    """An empty request message."""
    message: Message = message_factory.GetMessageClass(method.input_type)()
    return message


class Peers:
    """Calls of other services. Raises the DomainError they raise, or UNAVAILABLE / DEADLINE."""

    def __init__(self, channels: Mapping[str, grpc.aio.Channel]) -> None:
        self._channels = channels
        self._callables: dict[str, Callable[..., Any]] = {}

    async def call(self, method: MethodDescriptor, request: Message, *, seconds: float) -> Any:
        """The response of a unary method."""
        return await call(self._callable(method), request, caller=CALLER, seconds=seconds)

    def stream(self, method: MethodDescriptor, request: Message, *, seconds: float | None) -> AsyncIterator[Any]:
        """The responses of a server-streaming method."""
        return call_stream(self._callable(method), request, caller=CALLER, seconds=seconds)

    async def is_serving(self, peer: str) -> bool:
        """Whether the service answers its health check in time."""
        stub: Any = health_pb2_grpc.HealthStub(self._channels[peer])
        try:
            answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=HEALTH_SECONDS)
        except grpc.aio.AioRpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    def _callable(self, method: MethodDescriptor) -> Callable[..., Any]:
        known = self._callables.get(method.full_name)
        if known is None:
            service = method.containing_service
            channel = self._channels[service.full_name.split(".")[1]]
            make = channel.unary_stream if method.server_streaming else channel.unary_unary
            known = make(
                f"/{service.full_name}/{method.name}",
                request_serializer=message_factory.GetMessageClass(method.input_type).SerializeToString,
                response_deserializer=message_factory.GetMessageClass(method.output_type).FromString,
            )
            self._callables[method.full_name] = known
        return known


@asynccontextmanager
async def open_channels(settings: GatewaySettings) -> AsyncIterator[Mapping[str, grpc.aio.Channel]]:
    """Lazily connecting channels to every peer."""
    async with AsyncExitStack() as stack:
        yield {
            peer: await stack.enter_async_context(
                open_channel(getattr(settings, f"{peer}_address"), caller=CALLER, internal_tls=settings.internal_tls)
            )
            for peer in PEERS
        }
