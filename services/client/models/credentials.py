"""Credentials: secrets that nodes use. No model has a value."""

from datetime import datetime

from services.client.models.base import Actor, Answer


class CredentialUser(Answer):
    """A workflow that names it; not `published`: in its draft alone."""

    workflow_id: str
    name: str = ""
    published: bool = False


class CredentialInfo(Answer):
    """`kind` is login, token, keyValue or certificate; empty `workflow_ids` and `hosts` limit nothing."""

    id: str
    name: str
    description: str = ""
    kind: str
    fields: tuple[str, ...] = ()
    workflow_ids: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    version: int = 1
    value_changed_at: datetime | None = None
    last_used_at: datetime | None = None
    last_execution_id: str | None = None
    used_by: tuple[CredentialUser, ...] = ()
    created_at: datetime | None = None
    updated_at: datetime | None = None
    created_by: Actor | None = None
    etag: str = ""
