"""Credentials as protobuf messages."""

from collections.abc import Sequence

from exekra.scheduler.v1 import credential_pb2 as pb
from exekra.scheduler.v1 import execution_pb2
from services.scheduler.executions.messages import timestamp
from services.scheduler.vault.model import Credential, CredentialKind, Use

_KINDS = {int(pb.CredentialKind.Value(f"CREDENTIAL_KIND_{kind}")): kind for kind in CredentialKind}


def kind_of(number: int) -> CredentialKind | None:
    """None for the unspecified and for numbers of a newer version."""
    return _KINDS.get(number)


def credential_message(credential: Credential, uses: Sequence[Use]) -> pb.Credential:
    """Everything but the value."""
    by = credential.created_by
    return pb.Credential(
        id=credential.id,
        name=credential.name,
        description=credential.description,
        kind=pb.CredentialKind.Value(f"CREDENTIAL_KIND_{credential.kind}"),
        fields=credential.fields,
        workflow_ids=credential.workflow_ids,
        hosts=credential.hosts,
        version=credential.version,
        value_changed_at=timestamp(credential.value_changed_at),
        last_used_at=timestamp(credential.last_used_at),
        last_execution_id=credential.last_execution_id or "",
        used_by=[
            pb.CredentialUser(workflow_id=use.workflow_id, name=use.name, published=use.published) for use in uses
        ],
        created_at=timestamp(credential.created_at),
        updated_at=timestamp(credential.updated_at),
        created_by=execution_pb2.Actor(kind=by.kind, id=by.id, name=by.name),
        etag=credential.etag,
    )
