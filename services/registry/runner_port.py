"""The public port: the runner protocol with TLS, and its end without a runner left hanging."""

import asyncio

import grpc
import structlog

from exekra.registry.v1 import runner_service_pb2, runner_service_pb2_grpc
from services.kit.errors import unavailable
from services.kit.rpc_server import Registration, grpc_server
from services.registry.link import Link
from services.registry.runner_rpc import RunnerServicer
from services.registry.settings import RegistrySettings
from services.registry.streams import Directory

log = structlog.get_logger()

SETTLE_SECONDS = 2.0
"""How long an ending registry waits for the scheduler to take the last calls."""


async def serve_runners(
    settings: RegistrySettings,
    servicer: RunnerServicer,
    directory: Directory,
    link: Link,
    *,
    stop: asyncio.Event,
    link_stop: asyncio.Event,
) -> None:
    """Until `stop`; then ends all streams (runners come back with jitter), lets the link settle, and stops it."""
    registration = Registration(
        runner_service_pb2_grpc.add_RunnerServiceServicer_to_server,
        servicer,
        runner_service_pb2.DESCRIPTOR.services_by_name["RunnerService"],
    )
    try:
        async with grpc_server(
            [registration],
            settings.runner_address,
            credentials=tls_credentials(settings),
            fixed_caller="runner",
            drain_seconds=settings.drain_seconds,
        ):
            log.info("runners may connect", address=settings.runner_address)
            await stop.wait()
            for session in directory:
                session.end(unavailable("The Hub"))
        await link.settle(SETTLE_SECONDS)
    finally:
        link_stop.set()


def tls_credentials(settings: RegistrySettings) -> grpc.ServerCredentials:
    """The certificate with its CA behind it, so that a runner can find the CA it was told by fingerprint."""
    certificate, ca = settings.tls_certificate.read_bytes(), settings.ca_certificate.read_bytes()
    chain = certificate if ca.strip() in certificate else certificate.rstrip() + b"\n" + ca
    return grpc.ssl_server_credentials([(settings.tls_key.read_bytes(), chain)])
