"""Making, changing, rotating and deleting endpoints. Every change is a row in the audit outbox of its own transaction.

All functions work in the caller's transaction.
"""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.kit.identity import acting_principal
from services.kit.ids import is_id, new_id
from services.kit.outbound import AddressPolicy
from services.kit.outbox import Outbox, Resource
from services.kit.sealing import Binding, Sealer
from services.scheduler.delivery import repository, rules
from services.scheduler.delivery.errors import (
    endpoint_changed,
    endpoint_not_found,
    headers_needed,
    name_taken,
    private_not_allowed,
    too_many_endpoints,
)
from services.scheduler.delivery.model import MAXIMUM_ENDPOINTS, Draft, Endpoint
from services.scheduler.delivery.sender import HEADERS_KIND, SECRET_KIND
from services.scheduler.delivery.signing import make_secret
from services.scheduler.workflows.library import creator

if TYPE_CHECKING:
    from services.kit.postgres import Connection

MANAGE_PRIVATE = "event:private"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What the use cases need: where audit events go, what seals secrets, which private addresses there may be."""

    outbox: Outbox
    sealer: Sealer
    policy: AddressPolicy

    async def get(self, connection: "Connection", endpoint_id: str, *, locked: bool = False) -> Endpoint:
        """Raises ENDPOINT_NOT_FOUND. Locked, nobody else changes it until the transaction ends."""
        if not is_id(endpoint_id):
            raise endpoint_not_found()
        if locked:
            await connection.execute(repository.LOCK, endpoint_id)
        endpoint = await repository.find(connection, endpoint_id)
        if endpoint is None:
            raise endpoint_not_found()
        return endpoint

    async def create(self, connection: "Connection", draft: Draft) -> tuple[Endpoint, str]:
        """The endpoint and its secret. Raises what `rules.checked` does, NAME_TAKEN, TOO_MANY_ENDPOINTS."""
        draft = rules.checked(draft)
        self._check_private(draft, None)
        await connection.execute(repository.LOCK_NAMES)
        if await connection.fetchval(repository.COUNT) >= MAXIMUM_ENDPOINTS:
            raise too_many_endpoints()
        endpoint_id, secret = new_id(), make_secret()
        await self._check_name(connection, draft.name, endpoint_id)
        sealed = self.sealer.seal(secret.encode(), Binding(SECRET_KIND, endpoint_id, 1))
        headers = self._seal_headers(endpoint_id, draft, 1)
        await repository.insert(connection, endpoint_id, draft, sealed, headers, creator())
        endpoint = await self.get(connection, endpoint_id)
        await self.outbox.record(connection, "event_endpoint.created", resource(endpoint), facts(endpoint))
        return endpoint, secret

    async def update(self, connection: "Connection", old: Endpoint, draft: Draft, if_match: str) -> Endpoint:
        """Makes a locked endpoint what the draft says; its headers stay when the draft has none.

        Raises ENDPOINT_CHANGED, HEADERS_NEEDED, and what `create` does.
        """
        if if_match and if_match != old.etag:
            raise endpoint_changed()
        draft = rules.checked(draft)
        self._check_private(draft, old)
        if draft.headers is None and old.header_names and rules.origin(draft.url) != rules.origin(old.url):
            raise headers_needed()
        await connection.execute(repository.LOCK_NAMES)
        await self._check_name(connection, draft.name, old.id)
        await repository.update(connection, old.id, draft)
        if draft.headers is not None:
            keys = await repository.keys(connection, old.id)
            version = (keys.headers.version if keys else 0) + 1
            sealed = self._seal_headers(old.id, draft, version)
            await connection.execute(repository.SET_HEADERS, old.id, sealed, version, sorted(draft.headers))
        new = await self.get(connection, old.id)
        before, after = facts(old), facts(new)
        changed = sorted(key for key in before if before[key] != after[key])
        details = {"before": {key: before[key] for key in changed}, "after": {key: after[key] for key in changed}}
        await self.outbox.record(connection, "event_endpoint.updated", resource(new), details)
        return new

    async def rotate(self, connection: "Connection", endpoint_id: str, overlap_seconds: float) -> tuple[Endpoint, str]:
        """A new secret; the old one signs beside it for so long."""
        old = await self.get(connection, endpoint_id, locked=True)
        keys = await repository.keys(connection, endpoint_id)
        if keys is None:
            raise endpoint_not_found()
        secret = make_secret()
        sealed = self.sealer.seal(secret.encode(), Binding(SECRET_KIND, old.id, keys.secret.version + 1))
        await connection.execute(repository.ROTATE, old.id, sealed, overlap_seconds)
        new = await self.get(connection, endpoint_id)
        await self.outbox.record(
            connection, "event_endpoint.rotated", resource(new), {"overlapSeconds": overlap_seconds}
        )
        return new, secret

    async def delete(self, connection: "Connection", endpoint_id: str) -> None:
        """Its secrets are gone at once, its log with retention."""
        endpoint = await self.get(connection, endpoint_id, locked=True)
        await connection.execute(repository.DELETE, endpoint_id)
        await self.outbox.record(connection, "event_endpoint.deleted", resource(endpoint))

    def _check_private(self, draft: Draft, old: Endpoint | None) -> None:
        """Who may aim an endpoint at the Hub's own network, and whether anybody may."""
        if not draft.allow_private:
            return
        if self.policy.is_public_only:
            raise private_not_allowed(
                "This Hub sends events to public addresses only. EXEKRA_ALLOW_PRIVATE_ENDPOINTS permits others."
            )
        is_new_aim = old is None or not old.allow_private or rules.origin(old.url) != rules.origin(draft.url)
        if is_new_aim and not acting_principal().may(MANAGE_PRIVATE):
            raise private_not_allowed("Only an administrator may aim an endpoint at a private address.")

    def _seal_headers(self, endpoint_id: str, draft: Draft, version: int) -> bytes:
        text = json.dumps(dict(draft.headers or {})).encode()
        return self.sealer.seal(text, Binding(HEADERS_KIND, endpoint_id, version))

    async def _check_name(self, connection: "Connection", name: str, endpoint_id: str) -> None:
        if await connection.fetchval(repository.NAME_TAKEN, name, endpoint_id):
            raise name_taken(name)


def draft_of(endpoint: Endpoint) -> Draft:
    """What it is now, as a draft that changes nothing."""
    return Draft(
        name=endpoint.name,
        url=endpoint.url,
        filter=endpoint.filter,
        enabled=endpoint.enabled,
        allow_private=endpoint.allow_private,
        verify_tls=endpoint.verify_tls,
        ca_pem=endpoint.ca_pem,
    )


def resource(endpoint: Endpoint) -> Resource:
    """The endpoint as audit events name it."""
    return Resource("event_endpoint", endpoint.id, endpoint.name)


def facts(endpoint: Endpoint) -> dict[str, Any]:
    """What audit events say of it: no secrets, no values of headers."""
    return {
        "name": endpoint.name,
        "url": endpoint.url,
        "enabled": endpoint.enabled,
        "eventTypes": list(endpoint.filter.event_types),
        "workflowIds": list(endpoint.filter.workflow_ids),
        "labels": list(endpoint.filter.labels),
        "headerNames": list(endpoint.header_names),
        "allowPrivate": endpoint.allow_private,
        "verifyTls": endpoint.verify_tls,
        "caPem": bool(endpoint.ca_pem),
    }
