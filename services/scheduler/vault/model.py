"""Credentials as plain data; the value is never part of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.scheduler.executions.model import Actor


class CredentialKind(StrEnum):
    """What sort of secret it is; decides about the fields."""

    LOGIN = "LOGIN"
    TOKEN = "TOKEN"  # noqa: S105 - a name
    KEY_VALUE = "KEY_VALUE"
    CERTIFICATE = "CERTIFICATE"


REQUIRED_FIELDS: Mapping[CredentialKind, tuple[str, ...]] = {
    CredentialKind.LOGIN: ("username", "password"),
    CredentialKind.TOKEN: ("token",),
    CredentialKind.KEY_VALUE: (),
    CredentialKind.CERTIFICATE: ("certificate", "privateKey"),
}
OPTIONAL_FIELDS: Mapping[CredentialKind, tuple[str, ...]] = {CredentialKind.CERTIFICATE: ("password",)}


@dataclass(frozen=True, slots=True)
class Use:
    """A workflow that names a credential; `published`: in the version that runs."""

    workflow_id: str
    name: str
    published: bool


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential as people see it. Empty `workflow_ids` and `hosts` limit nothing; `version` counts values."""

    id: str
    name: str
    description: str
    kind: CredentialKind
    fields: tuple[str, ...]
    workflow_ids: tuple[str, ...]
    hosts: tuple[str, ...]
    version: int
    value_changed_at: datetime
    revision: int
    last_used_at: datetime | None
    last_execution_id: str | None
    created_at: datetime
    updated_at: datetime
    created_by: Actor

    @property
    def etag(self) -> str:
        """Changes with everything a person can change."""
        return f"{self.id}.{self.revision}"

    def allows(self, workflow_id: str) -> bool:
        """Whether an execution may have it because this workflow names it."""
        return not self.workflow_ids or workflow_id in self.workflow_ids
