"""Hands a value to the execution that needs it, and to nobody else. One transaction a release.

Who asks is told by the registry's session; what it may have, by its live attempt and the graphs that run in it.
"""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.workflow.release import PUBLIC_KEY_BYTES, ReleaseError, seal_release
from services.kit.identity import Principal
from services.kit.ids import is_id
from services.kit.outbox import Outbox
from services.kit.sealing import Sealer
from services.scheduler.vault import repository
from services.scheduler.vault.errors import (
    attempt_not_live,
    credential_invalid,
    credential_not_allowed,
    credential_not_named,
    named_credential_not_found,
)
from services.scheduler.vault.library import binding_of, resource
from services.scheduler.vault.model import Credential
from services.scheduler.vault.repository import Holder
from services.scheduler.vault.uses import names_in

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

MAXIMUM_NODE_ID = 500


@dataclass(frozen=True, slots=True)
class Order:
    """A runner's question. `runner_id` and `epoch` are the session's, everything else may be anything."""

    runner_id: str
    epoch: int
    execution_id: str
    attempt_id: str
    node_id: str
    name: str
    public_key: bytes


class Releases:
    """For the runners behind a registry."""

    def __init__(self, pool: "Pool", sealer: Sealer, outbox: Outbox) -> None:
        self._pool = pool
        self._sealer = sealer
        self._outbox = outbox

    async def release(self, order: Order) -> bytes:
        """The value, sealed to the key of the order.

        Raises ATTEMPT_NOT_FOUND, CREDENTIAL_NOT_FOUND, CREDENTIAL_NOT_NAMED, CREDENTIAL_NOT_ALLOWED, INVALID.
        """
        if not all(map(is_id, (order.runner_id, order.attempt_id, order.execution_id))):
            raise attempt_not_live()
        if len(order.public_key) != PUBLIC_KEY_BYTES:
            raise credential_invalid("/publicKey", f"Give a public key of {PUBLIC_KEY_BYTES} bytes.")
        async with self._pool.acquire() as connection, connection.transaction():
            holder = await repository.lock_holder(
                connection, order.attempt_id, order.execution_id, order.runner_id, order.epoch
            )
            if holder is None:
                raise attempt_not_live()
            naming = await _naming(connection, holder, order.name)
            if not naming:
                raise credential_not_named(order.name)
            found = await repository.find_sealed(connection, order.name)
            if found is None:
                raise named_credential_not_found(order.name)
            credential, envelope = found
            for workflow_id in naming:
                if not credential.allows(workflow_id):
                    raise credential_not_allowed(credential.name, holder.workflow_name)
            await self._record(connection, credential, holder, order.node_id)
            return self._seal(credential, envelope, order)

    def _seal(self, credential: Credential, envelope: bytes, order: Order) -> bytes:
        value = self._sealer.open(envelope, binding_of(credential.id, credential.version))
        hosts = json.dumps(credential.hosts).encode()
        document = b'{"fields": ' + value + b', "hosts": ' + hosts + b"}"
        try:
            return seal_release(document, order.public_key, order.execution_id, credential.name)
        except ReleaseError as error:
            raise credential_invalid("/publicKey", str(error)) from None

    async def _record(self, connection: "Connection", credential: Credential, holder: Holder, node_id: str) -> None:
        await repository.note_use(connection, credential.id, holder.execution_id)
        details = {
            "executionId": holder.execution_id,
            "attemptId": holder.attempt_id,
            "workflowId": holder.workflow_id,
            "workflow": holder.workflow_name,
            "nodeId": node_id[:MAXIMUM_NODE_ID],
            "version": credential.version,
        }
        runner = Principal("runner", holder.runner_id, holder.runner_name, frozenset())
        await self._outbox.record(connection, "credential.released", resource(credential), details, actor=runner)


async def _naming(connection: "Connection", holder: Holder, name: str) -> list[str]:
    """The workflows of this execution, it and those it calls, whose graphs name the credential."""
    graphs = [(holder.workflow_id, holder.version, holder.graph_sha256)]
    graphs += [(call["workflowId"], call["resolvedVersion"], call["sha256"]) for call in json.loads(holder.calls)]
    return [graph[0] for graph in graphs if name in await names_in(connection, *graph)]
