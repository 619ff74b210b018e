"""The Python client of a Hub: typed, asynchronous, safe to repeat. Imports no service; `exekra` itself is built on it.

async with Hub("https://hub.example:4545", ApiKey("exk_…"), authority=pem) as hub:
    workflow = await hub.workflows.find("Invoices")
    started = await hub.executions.start(workflow.id, {"file": "march.csv"}, key="order-4711")
    ended = await hub.executions.wait_for(started.execution.id)
"""

from services.client.access import ApiKey, SessionCookie
from services.client.errors import (
    AddressError,
    AuthorityError,
    Changed,
    Conflict,
    Forbidden,
    HubError,
    HubFailed,
    Invalid,
    LicenceRefused,
    NotEndedError,
    NotFound,
    NotSignedIn,
    Problem,
    RateLimited,
    Unavailable,
    UnreachableError,
    UntrustedError,
)
from services.client.events import Event
from services.client.hub import Hub, fetch_authority
from services.client.resources.lookup import NoneNamedError, is_id
from services.client.retries import NEVER, Retry

__all__ = [
    "NEVER",
    "AddressError",
    "ApiKey",
    "AuthorityError",
    "Changed",
    "Conflict",
    "Event",
    "Forbidden",
    "Hub",
    "HubError",
    "HubFailed",
    "Invalid",
    "LicenceRefused",
    "NoneNamedError",
    "NotEndedError",
    "NotFound",
    "NotSignedIn",
    "Problem",
    "RateLimited",
    "Retry",
    "SessionCookie",
    "Unavailable",
    "UnreachableError",
    "UntrustedError",
    "fetch_authority",
    "is_id",
]
