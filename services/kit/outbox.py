"""The audit outbox: an event is written in the change's own transaction and pushed to the audit service later.

The service's schema has a table `outbox (id uuid PRIMARY KEY, event bytea NOT NULL)`; `event` is a serialised
`exekra.audit.v1.AuditEvent`. Rows leave only after the audit service has committed them; appending twice is harmless.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc.aio

from exekra.audit.v1 import audit_service_pb2, audit_service_pb2_grpc
from services.kit.identity import Principal, acting_principal, current_request_id
from services.kit.ids import new_id
from services.kit.rpc_client import call

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

BATCH = 200
WAKE_AFTER_SECONDS = 0.05
INSERT = "INSERT INTO outbox (id, event) VALUES ($1, $2)"
TAKE = "SELECT id, event FROM outbox ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED"
DELETE = "DELETE FROM outbox WHERE id = ANY($1)"


@dataclass(frozen=True, slots=True)
class Resource:
    """What an action was done to."""

    kind: str
    id: str = ""
    name: str = ""


class Outbox:
    """Writes events of one service, and pushes them in batches."""

    def __init__(self, service: str, pool: "Pool", audit: grpc.aio.Channel) -> None:
        self._service = service
        self._pool = pool
        self._stub = audit_service_pb2_grpc.AuditServiceStub(audit)
        self.wake = asyncio.Event()
        """Set shortly after something was recorded; the pump runs then, and every few seconds anyway."""

    async def record(
        self,
        connection: "Connection",
        action: str,
        resource: Resource,
        details: Mapping[str, Any] | None = None,
        *,
        actor: Principal | None = None,
    ) -> None:
        """Writes one event in the caller's transaction; `action` reads `subject.verb`, details hold no secrets."""
        await connection.execute(INSERT, *self.row(action, resource, details, actor=actor))

    def row(
        self,
        action: str,
        resource: Resource,
        details: Mapping[str, Any] | None = None,
        *,
        actor: Principal | None = None,
    ) -> tuple[str, bytes]:
        """Id and event as `record` writes them, for a statement that writes more at once; to be committed soon."""
        who = actor or acting_principal()
        identifier = new_id()
        event = audit_service_pb2.AuditEvent(
            id=identifier,
            service=self._service,
            actor_kind=who.kind,
            actor_id=who.id,
            actor_name=who.name,
            action=action,
            resource_kind=resource.kind,
            resource_id=resource.id,
            resource_name=resource.name,
            ip=who.ip,
            request_id=current_request_id.get(),
            details_json=json.dumps(dict(details or {})).encode(),
        )
        event.at.GetCurrentTime()
        # The row is seen only after the caller's commit; what commits later than this is found by the pump's own poll.
        asyncio.get_running_loop().call_later(WAKE_AFTER_SECONDS, self.wake.set)
        return identifier, event.SerializeToString()

    async def push(self) -> None:
        """Pushes until the outbox is empty. Raises a DomainError while the audit service is away; rows then stay."""
        while await self._push_batch() == BATCH:
            pass

    async def _push_batch(self) -> int:
        async with self._pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(TAKE, BATCH)
            if rows:
                events = [audit_service_pb2.AuditEvent.FromString(row["event"]) for row in rows]
                request = audit_service_pb2.AppendRequest(events=events)
                await call(self._stub.Append, request, caller=self._service)
                await connection.execute(DELETE, [row["id"] for row in rows])
            return len(rows)
