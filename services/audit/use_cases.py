"""What the audit service does: append, list, verify, export, checkpoint."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from services.audit import repository
from services.audit.chain import Verification
from services.audit.checkpoints import CheckpointFile
from services.audit.model import Event, Filters, Link, Verdict
from services.audit.settings import AuditSettings
from services.kit.clock import Clock

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

EXPORT_BYTES = 64 * 1024
"""Lines are sent in pieces of about this size."""


class AuditLog:
    """The log of this installation."""

    def __init__(self, pool: "Pool", checkpoints: CheckpointFile, clock: Clock, settings: AuditSettings) -> None:
        self._pool = pool
        self._checkpoints = checkpoints
        self._clock = clock
        self._settings = settings

    async def append(self, events: Sequence[Event]) -> int:
        """Appends in order, skipping ids that are there; answers the head's sequence number."""
        async with self._pool.acquire() as connection:
            return await repository.append(connection, events)

    async def list_events(self, filters: Filters, before: int | None, limit: int) -> list[Link]:
        """Newest first."""
        async with self._pool.acquire() as connection:
            return await repository.list_events(connection, filters, before, limit)

    async def verify(self) -> Verdict:
        """Recomputes the chain and compares it with every checkpoint in the database and in the file."""
        async with self._snapshot() as connection:
            stated = self._checkpoints.read() + await repository.list_checkpoints(connection)
            for checkpoint in stated:
                if not self._checkpoints.is_genuine(checkpoint):
                    message = f"The checkpoint of row {checkpoint.seq} does not carry this installation's signature."
                    return Verdict(False, 0, checkpoint.seq, message, b"")
            verification = Verification(stated)
            async for link in repository.read_all(connection):
                verification.read(link)
                if verification.broken:
                    break
            return verification.verdict()

    async def export(self) -> AsyncIterator[bytes]:
        """Every event as one JSON line with its sequence number and hash, oldest first."""
        lines = bytearray()
        async with self._snapshot() as connection:
            async for link in repository.read_all(connection):
                lines += _json_line(link)
                if len(lines) >= EXPORT_BYTES:
                    yield bytes(lines)
                    lines.clear()
        if lines:
            yield bytes(lines)

    async def checkpoint_if_due(self) -> bool:
        """Signs the head when enough rows or time have passed since the last checkpoint; answers whether it did."""
        async with self._pool.acquire() as connection:
            seq, row_hash = await repository.head(connection)
            last = await repository.last_checkpoint(connection)
            now = self._clock.now()
            behind = seq - (last.seq if last else 0)
            overdue = last is None or now - last.at >= timedelta(seconds=self._settings.checkpoint_seconds)
            if behind <= 0 or (behind < self._settings.checkpoint_rows and not overdue):
                return False
            checkpoint = self._checkpoints.sign(seq, now, row_hash)
            # The file first: a checkpoint that only the database knows would not outlive who rewrites the database.
            self._checkpoints.append(checkpoint)
            await repository.insert_checkpoint(connection, checkpoint)
            return True

    @asynccontextmanager
    async def _snapshot(self) -> "AsyncIterator[Connection]":
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield connection


def _json_line(link: Link) -> bytes:
    event = link.event
    document = {
        "seq": link.seq,
        "id": event.id,
        "at": event.at.isoformat().replace("+00:00", "Z"),
        "service": event.service,
        "actor": {"kind": event.actor_kind, "id": event.actor_id, "name": event.actor_name},
        "action": event.action,
        "resource": {"kind": event.resource_kind, "id": event.resource_id, "name": event.resource_name},
        "ip": event.ip,
        "requestId": event.request_id,
        "details": json.loads(event.details),
        "hash": link.hash.hex(),
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
