"""People, the licence, the audit log and the dashboard."""

from datetime import datetime
from typing import Any

from pydantic import Field

from services.client.models.base import Answer


class User(Answer):
    """A person who can sign in; `role` is ADMIN, DEVELOPER or OPERATOR."""

    id: str = ""
    email: str
    name: str = ""
    role: str
    disabled: bool = False
    locked: bool = False
    created_at: datetime | None = None
    updated_at: datetime | None = None
    last_login_at: datetime | None = None


class NewUser(Answer):
    """A person, and the password that the Hub made, shown this once; None when it made none."""

    user: User
    password: str | None = None


class ApiKeyInfo(Answer):
    """What is known of an API key; `hint` is how it begins."""

    id: str
    name: str
    user_id: str = ""
    hint: str = ""
    scopes: tuple[str, ...] = ()
    created_at: datetime | None = None
    expires_at: datetime | None = None
    last_used_at: datetime | None = None


class NewApiKey(Answer):
    """`key` is shown this once."""

    api_key: ApiKeyInfo
    key: str


class Me(Answer):
    """Who calls, and what the credential may do."""

    user: User
    permissions: tuple[str, ...] = ()
    csrf_token: str | None = None


class License(Answer):
    """What the installation is entitled to, and what it uses; `state` is community, valid, grace, frozen or expired."""

    id: str | None = None
    edition: str
    customer: str | None = None
    state: str
    runner_limit: int
    runners_used: int
    concurrent_executions: int = 0
    features: tuple[str, ...] = ()
    not_before: datetime | None = None
    expires_at: datetime | None = None
    grace_until: datetime | None = None
    frozen_until: datetime | None = None
    key_id: str | None = None
    installed_at: datetime | None = None
    installed_by: str | None = None
    installation_id: str | None = None
    problem: str | None = None


class FixedSetting(Answer):
    """A setting of the Hub's environment, changed there under the name `variable`."""

    variable: str
    value: float | str | None = None


class InstallationSettings(Answer):
    """Of the whole installation; a name of None reads Exekra Hub, a time zone of None is everybody's own."""

    installation_name: str | None = None
    time_zone: str | None = None
    installation_id: str
    version: str
    updated_at: datetime | None = None
    etag: str = ""
    fixed: tuple[FixedSetting, ...] = ()


class Dispatch(Answer):
    """Whether work is given out; while it is held: why, by whom and since when.

    `bell` is redis, away (Redis does not answer; work is assigned directly meanwhile) or none (set up without Redis).
    """

    held: bool
    reason: str | None = None
    held_by: str | None = None
    held_at: datetime | None = None
    bell: str
    database_version: str = ""


class AuditEvent(Answer):
    """Who did what to what, when and from where."""

    seq: int
    id: str
    at: datetime
    service: str
    actor_kind: str
    actor_id: str | None = None
    actor_name: str = ""
    action: str
    resource_kind: str = ""
    resource_id: str | None = None
    resource_name: str | None = None
    ip: str | None = None
    request_id: str | None = None
    details: dict[str, Any] = Field(default_factory=dict)
    hash: str = ""


class AuditVerdict(Answer):
    """Whether the chain of audit events holds; `broken_at` is the first row that does not fit."""

    valid: bool
    checked: int
    broken_at: int | None = None
    message: str = ""
    head_hash: str = ""
