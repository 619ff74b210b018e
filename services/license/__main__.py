"""`python -m services.license`: composes the license service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from exekra.license.v1 import license_service_pb2, license_service_pb2_grpc
from services.kit.postgres import open_pool
from services.kit.rpc_server import Registration
from services.kit.serve import Parts, run_service
from services.license.rpc import LicenseServicer
from services.license.settings import LicenseSettings
from services.license.use_cases import Licensing


def main() -> None:
    """Runs until a signal."""
    settings = LicenseSettings()

    @asynccontextmanager
    async def compose(stop: asyncio.Event) -> AsyncIterator[Parts]:  # noqa: ARG001 - nothing runs in the background
        async with open_pool(settings.database_url.get_secret_value(), "license") as pool:
            yield Parts(registrations=[registration(Licensing(pool))])

    run_service("license", settings, compose, address=settings.license_address)


def registration(licensing: Licensing) -> Registration:
    """The one servicer, ready to be served."""
    return Registration(
        license_service_pb2_grpc.add_LicenseServiceServicer_to_server,
        LicenseServicer(licensing),
        license_service_pb2.DESCRIPTOR.services_by_name["LicenseService"],
    )


if __name__ == "__main__":
    main()
