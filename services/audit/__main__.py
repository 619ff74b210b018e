"""`python -m services.audit`: composes the audit service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from exekra.audit.v1 import audit_service_pb2, audit_service_pb2_grpc
from services.audit.checkpoints import CheckpointFile
from services.audit.loops import keep_checkpoints
from services.audit.rpc import AuditServicer
from services.audit.settings import AuditSettings
from services.audit.use_cases import AuditLog
from services.kit.clock import SystemClock
from services.kit.postgres import open_pool
from services.kit.rpc_server import Registration
from services.kit.serve import Parts, run_service


def main() -> None:
    """Runs until a signal."""
    settings = AuditSettings()

    @asynccontextmanager
    async def compose(stop: asyncio.Event) -> AsyncIterator[Parts]:
        async with open_pool(settings.database_url.get_secret_value(), "audit") as pool:
            audit = AuditLog(pool, CheckpointFile(settings.checkpoint_folder), SystemClock(), settings)
            yield Parts(
                registrations=[registration(audit)],
                background=[lambda: keep_checkpoints(audit, settings.checkpoint_poll_seconds, stop)],
            )

    run_service("audit", settings, compose, address=settings.audit_address)


def registration(audit: AuditLog) -> Registration:
    """The one servicer, ready to be served."""
    return Registration(
        audit_service_pb2_grpc.add_AuditServiceServicer_to_server,
        AuditServicer(audit),
        audit_service_pb2.DESCRIPTOR.services_by_name["AuditService"],
    )


if __name__ == "__main__":
    main()
