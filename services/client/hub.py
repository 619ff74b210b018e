"""A connection to one Hub, and its resources by name."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp

from services.client.access import ApiKey, Credential, fingerprint_of, parse_fingerprint
from services.client.calls import Calls
from services.client.errors import AuthorityError, UnreachableError
from services.client.events import Event, watch
from services.client.resources.administration import Administration
from services.client.resources.approvals import Approvals
from services.client.resources.calendars import Calendars
from services.client.resources.credentials import Credentials
from services.client.resources.event_endpoints import EventEndpoints
from services.client.resources.executions import Executions
from services.client.resources.notification_rules import NotificationRules
from services.client.resources.people import People
from services.client.resources.queues import Queues
from services.client.resources.runners import Runners
from services.client.resources.triggers import Triggers
from services.client.resources.variables import Variables
from services.client.resources.waiting import Waiting
from services.client.resources.workflows import Workflows
from services.client.retries import Retry
from services.client.transport import Transport, check_url

FETCH_SECONDS = 10.0
LOCAL = "https://127.0.0.1:4545"


class Hub(Calls):
    """Use it as a context manager, from one event loop.

    `authority` is PEM text: with it that authority alone is trusted, else the system's. A `credential` of None calls
    as nobody. Besides the typed resources every path can be called with `get`, `create`, `post`, `each`, ….
    """

    def __init__(
        self, url: str, credential: Credential | None = None, *, authority: str = "", retry: Retry | None = None
    ) -> None:
        """Raises AddressError, AuthorityError."""
        transport = Transport(url, credential, authority, retry or Retry())
        super().__init__(transport)
        self.workflows = Workflows(self)
        self.executions = Executions(self, Waiting(transport, self))
        self.approvals = Approvals(self)
        self.triggers = Triggers(self)
        self.variables = Variables(self)
        self.calendars = Calendars(self)
        self.queues = Queues(self)
        self.credentials = Credentials(self)
        self.runners = Runners(self)
        self.event_endpoints = EventEndpoints(self)
        self.notification_rules = NotificationRules(self)
        self.people = People(self)
        self.administration = Administration(self, transport)

    @classmethod
    def from_environment(cls, retry: Retry | None = None) -> Self:
        """By EXEKRA_URL, EXEKRA_API_KEY (or the file of EXEKRA_API_KEY_FILE) and the PEM file of EXEKRA_CA.

        Raises AddressError, AuthorityError, OSError when a file cannot be read.
        """
        key = os.environ.get("EXEKRA_API_KEY", "")
        if not key and (path := os.environ.get("EXEKRA_API_KEY_FILE")):
            key = Path(path).read_text(encoding="utf-8").strip()
        authority = os.environ.get("EXEKRA_CA")
        return cls(
            os.environ.get("EXEKRA_URL", LOCAL),
            ApiKey(key) if key else None,
            authority=Path(authority).read_text(encoding="utf-8") if authority else "",
            retry=retry,
        )

    async def __aenter__(self) -> Self:
        await self._transport.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.__aexit__(kind, error, trace)

    def watch(self, *topics: str, after: str = "") -> AsyncIterator[Event]:
        """Live changes of `executions`, `runners`, `execution:ID`, taken up again after every break."""
        return watch(self._transport, topics, after)


async def fetch_authority(url: str, fingerprint: str) -> str:
    """The Hub's own authority (PEM) as it hands it out itself, believed because of its fingerprint alone.

    Raises AuthorityError when it has another one, ValueError for what is no fingerprint, AddressError,
    UnreachableError.
    """
    address, wanted = check_url(url), parse_fingerprint(fingerprint)
    timeout = aiohttp.ClientTimeout(total=FETCH_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"{address}/ca.pem", ssl=False) as response,
        ):
            if response.status != 200:
                raise AuthorityError(f"{address} hands out no authority ({response.status}).")
            pem = await response.text()
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise UnreachableError(f"No Hub answers at {address}: {str(error) or type(error).__name__}") from None
    found = fingerprint_of(pem)
    if found != wanted:
        raise AuthorityError(f"The Hub's authority has another fingerprint: {found}.")
    return pem
