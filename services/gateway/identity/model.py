"""People, sessions and keys as the gateway knows them. Plain data, no I/O."""

from dataclasses import dataclass
from datetime import datetime

from services.gateway.permissions import Role, permissions_of
from services.kit.identity import Principal


@dataclass(frozen=True, slots=True)
class User:
    """A person who can sign in. `locked` tells that too many sign-ins failed lately."""

    id: str
    email: str
    name: str
    role: Role
    disabled: bool
    created_at: datetime
    updated_at: datetime
    last_login_at: datetime | None
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser or program. Its token is known to its owner alone."""

    id: str
    user_id: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    ip: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of a person for programs; `hint` is its beginning, to tell keys apart."""

    id: str
    user_id: str
    name: str
    hint: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Credential:
    """What a token stands for: a session ("user") or an API key ("api_key") of an enabled user.

    `ends_at` is the latest instant it can be used without a new look at the database.
    """

    kind: str
    id: str
    name: str
    user_id: str
    user_email: str
    role: Role
    scopes: frozenset[str] | None
    ends_at: datetime | None
    seen_at: datetime | None

    @property
    def permissions(self) -> frozenset[str]:
        """The role's, cut down to the key's scopes."""
        return permissions_of(self.role, self.scopes)


@dataclass(frozen=True, slots=True)
class Caller:
    """The person or key behind a request, and the address it came from. Anonymous when there is no credential."""

    principal: Principal
    credential: Credential | None = None
    csrf_token: str = ""

    @property
    def user_id(self) -> str:
        """The person, also when a key of that person calls; empty for anonymous callers."""
        return self.credential.user_id if self.credential else ""


def anonymous(ip: str) -> Caller:
    """A caller who showed nothing."""
    return Caller(principal=Principal(kind="anonymous", id="", name="", ip=ip))


def signed_in(credential: Credential, ip: str, csrf_token: str) -> Caller:
    """A caller who showed a valid token. People act under their user id, keys under their own."""
    is_person = credential.kind == "user"
    principal = Principal(
        kind=credential.kind,
        id=credential.user_id if is_person else credential.id,
        name=credential.user_email if is_person else credential.name,
        permissions=credential.permissions,
        ip=ip,
    )
    return Caller(principal=principal, credential=credential, csrf_token=csrf_token)
