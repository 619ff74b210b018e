"""CredentialService over gRPC: messages to models and back; one transaction a call."""

# ruff: noqa: ARG002, D102, N802 - names and signatures are the generated base class's

import hashlib
import json
from typing import TYPE_CHECKING, Any

from exekra.scheduler.v1 import credential_pb2, credential_service_pb2_grpc
from exekra.scheduler.v1 import credential_service_pb2 as pb
from services.kit.idempotency import RequestKey, answer_once
from services.kit.outbox import Outbox
from services.kit.paging import clamp_limit, decode_cursor, encode_cursor
from services.kit.rpc_server import Registration
from services.kit.sealing import Sealer
from services.scheduler.vault import library, repository
from services.scheduler.vault.errors import credential_invalid
from services.scheduler.vault.library import CredentialDraft
from services.scheduler.vault.messages import credential_message, kind_of
from services.scheduler.vault.model import Credential
from services.scheduler.vault.uses import find_uses
from services.scheduler.vault.values import read_description, read_hosts, read_name, read_value, read_workflow_ids

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool


class CredentialServicer(credential_service_pb2_grpc.CredentialServiceServicer):
    """See the proto for callers, permissions and reasons."""

    def __init__(self, pool: "Pool", sealer: Sealer, outbox: Outbox) -> None:
        self._pool = pool
        self._sealer = sealer
        self._outbox = outbox

    async def CreateCredential(self, request: pb.CreateCredentialRequest, context: Any) -> pb.CreateCredentialResponse:
        kind = kind_of(request.kind)
        if kind is None:
            raise credential_invalid("/kind", "Say which kind it is.")
        name, value = read_name(request.name), read_value(kind, request.value_json)
        draft = CredentialDraft(
            description=read_description(request.description),
            workflow_ids=read_workflow_ids(request.workflow_ids),
            hosts=read_hosts(request.hosts),
        )

        async def create(connection: "Connection") -> pb.CreateCredentialResponse:
            made = await library.create_credential(connection, self._outbox, self._sealer, name, kind, value, draft)
            return pb.CreateCredentialResponse(credential=await _message(connection, made))

        key = RequestKey(request.idempotency_key, _digest(request))
        return await answer_once(self._pool, key, pb.CreateCredentialResponse, create)

    async def GetCredential(self, request: pb.GetCredentialRequest, context: Any) -> pb.GetCredentialResponse:
        async with self._pool.acquire() as connection:
            credential = await library.get_credential(connection, request.credential_id)
            return pb.GetCredentialResponse(credential=await _message(connection, credential))

    async def ListCredentials(self, request: pb.ListCredentialsRequest, context: Any) -> pb.ListCredentialsResponse:
        limit = clamp_limit(request.limit)
        cursor = decode_cursor(request.cursor, "text", "id")
        after = (cursor[0], cursor[1]) if cursor else None
        async with self._pool.acquire() as connection:
            found = await repository.list_credentials(connection, request.query, after, limit + 1)
            shown = found[:limit]
            uses = await find_uses(connection, [credential.name for credential in shown])
        return pb.ListCredentialsResponse(
            items=[credential_message(credential, uses[credential.name]) for credential in shown],
            next_cursor=encode_cursor(shown[-1].name.lower(), shown[-1].id) if len(found) > limit else "",
        )

    async def UpdateCredential(self, request: pb.UpdateCredentialRequest, context: Any) -> pb.UpdateCredentialResponse:
        draft = CredentialDraft(
            description=read_description(request.description) if request.HasField("description") else None,
            workflow_ids=read_workflow_ids(request.workflow_ids) if request.set_workflow_ids else None,
            hosts=read_hosts(request.hosts) if request.set_hosts else None,
        )
        async with self._pool.acquire() as connection, connection.transaction():
            changed = await library.update_credential(
                connection,
                self._outbox,
                self._sealer,
                request.credential_id,
                draft,
                request.value_json,
                request.if_match,
            )
            return pb.UpdateCredentialResponse(credential=await _message(connection, changed))

    async def DeleteCredential(self, request: pb.DeleteCredentialRequest, context: Any) -> pb.DeleteCredentialResponse:
        async with self._pool.acquire() as connection, connection.transaction():
            await library.delete_credential(connection, self._outbox, request.credential_id, force=request.force)
        return pb.DeleteCredentialResponse()


async def _message(connection: "Connection", credential: Credential) -> credential_pb2.Credential:
    return credential_message(credential, (await find_uses(connection, [credential.name]))[credential.name])


def _digest(request: pb.CreateCredentialRequest) -> str:
    """Tells repeats apart without the value: a kept digest of that would confirm a guess."""
    shown = [request.name, request.description, request.kind, [*request.workflow_ids], [*request.hosts]]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()


def registration(pool: "Pool", sealer: Sealer, outbox: Outbox) -> Registration:
    """The servicer, ready to be served."""
    return Registration(
        credential_service_pb2_grpc.add_CredentialServiceServicer_to_server,
        CredentialServicer(pool, sealer, outbox),
        pb.DESCRIPTOR.services_by_name["CredentialService"],
    )
