"""Periodic work of the audit service: signed checkpoints."""

import asyncio

from services.audit.use_cases import AuditLog
from services.kit.loops import every


async def keep_checkpoints(audit: AuditLog, seconds: float, stop: asyncio.Event) -> None:
    """Looks regularly whether a checkpoint is due, until `stop`."""
    await every(seconds, audit.checkpoint_if_due, stop=stop, name="checkpoint")
