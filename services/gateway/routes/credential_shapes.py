"""Shapes of credentials. A value goes in and never comes out."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from services.gateway.routes.shapes import Actor, SearchQuery
from services.gateway.transcoding.fields import ApiModel, BodyModel, Id, JsonDocument, Proto, ShortText, Text

CredentialKind = Literal["login", "token", "keyValue", "certificate"]
CredentialName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$", examples=["shop"])]
WorkflowIds = Annotated[list[Id], Field(max_length=100)]
Hosts = Annotated[list[Annotated[str, Field(min_length=1, max_length=253)]], Field(max_length=100)]
FieldText = Annotated[str, Field(min_length=1, max_length=128 * 1024)]
Value = Annotated[dict[str, FieldText], Field(min_length=1, max_length=50), JsonDocument()]
OptionalValue = Annotated[dict[str, FieldText] | None, Field(min_length=1, max_length=50), JsonDocument()]


class CredentialUser(ApiModel):
    """A workflow that names it; `published`: in the version that runs, not in a draft alone."""

    workflow_id: str
    name: str
    published: bool


class CredentialShape(ApiModel):
    """Expressions read it as `credentials.<name>.<field>`; `version` counts its values.

    Empty `workflowIds`: every workflow may use it. Empty `hosts`: its values may be sent anywhere. `usedBy` names at
    most 100 workflows.
    """

    id: str
    name: str
    description: str
    kind: CredentialKind
    fields: list[str]
    workflow_ids: list[str]
    hosts: list[str]
    version: int
    value_changed_at: datetime
    last_used_at: datetime | None
    last_execution_id: str | None
    used_by: list[CredentialUser]
    created_at: datetime
    updated_at: datetime
    created_by: Actor | None
    etag: str


class CredentialAnswer(ApiModel):
    """One credential."""

    credential: CredentialShape


class CredentialPage(ApiModel):
    """By name."""

    items: list[CredentialShape]
    next_cursor: str | None


class CredentialQuery(SearchQuery):
    """`q` is part of the name or description."""

    q: Annotated[ShortText, Proto("query")] = ""


class CreateCredential(BodyModel):
    """Fields of the value: `username` and `password` of a login, `token` of a token, `certificate` and `privateKey`
    (perhaps `password`) of a certificate, any names of keyValue. The name never changes."""

    name: CredentialName
    description: Text = ""
    kind: CredentialKind
    value: Value
    workflow_ids: WorkflowIds = Field(default_factory=list)
    hosts: Hosts = Field(default_factory=list)


class ChangeCredential(BodyModel):
    """What is left out stays; a value and lists are replaced as a whole. `If-Match` notices others' changes."""

    description: Text | None = None
    value: OptionalValue = None
    workflow_ids: WorkflowIds | None = None
    hosts: Hosts | None = None


class DeleteCredentialQuery(ApiModel):
    """`force` deletes it although workflows name it."""

    force: bool = False
