"""`python -m services.kit.healthcheck SERVICE|URL`: exit 0 when it answers that it serves, 1 otherwise.

For health checks of containers, whose images have no curl. A service is asked by the gRPC health protocol with its own
certificate; a URL is asked by GET without checking the certificate, for it is this container's own.
"""

import asyncio
import ssl
import sys
import urllib.request
from typing import Any

import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.kit.rpc_client import open_channel
from services.kit.settings import ServiceSettings

SECONDS = 3.0


async def service_serves(service: str) -> bool:
    """Asks the service at its own address. False while it drains or cannot be reached."""
    settings = ServiceSettings()
    address: str = getattr(settings, f"{service}_address")
    async with open_channel(address, caller=service, internal_tls=settings.internal_tls) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        try:
            answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=SECONDS, wait_for_ready=False)
        except grpc.aio.AioRpcError as error:
            print(error.details(), file=sys.stderr)  # noqa: T201 - the engine shows it beside the container's health
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def url_answers(url: str) -> bool:
    """True for a 2xx answer within three seconds."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with urllib.request.urlopen(url, timeout=SECONDS, context=context) as response:  # noqa: S310 - our own argument
            return bool(response.status < 300)
    except OSError as error:
        print(error, file=sys.stderr)  # noqa: T201 - as above
        return False


def main() -> int:
    """The exit status."""
    target = sys.argv[1]
    healthy = url_answers(target) if target.startswith("https://") else asyncio.run(service_serves(target))
    return 0 if healthy else 1


if __name__ == "__main__":
    sys.exit(main())
