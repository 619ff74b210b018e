"""Who is let in: whoever can read a file in the runner's home gets a ticket, which opens the page once.

The file's token never stands in an address or in a program's arguments, which others on this machine can read. A ticket
is good for one minute and one visit; a visit is remembered by a cookie until the agent ends.
"""

import json
import os
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

FILE_NAME = "page.json"
TICKET_SECONDS = 60.0
VISITS = 20
TICKETS = 100


@dataclass(frozen=True, slots=True)
class Address:
    """Where the page of a running agent is, and what opens it."""

    port: int
    token: str

    @property
    def url(self) -> str:
        """The page's address, of no use without a visit."""
        return f"http://127.0.0.1:{self.port}"


def publish(home: Path, address: Address) -> None:
    """Write the file, 0600, replaced atomically. Raises OSError."""
    path = home / FILE_NAME
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"port": address.port, "token": address.token}, file)
    fresh.replace(path)


def published(home: Path) -> Address | None:
    """What a running agent wrote; None when none runs, or its page does not."""
    try:
        document = json.loads((home / FILE_NAME).read_text(encoding="utf-8"))
        return Address(int(document["port"]), str(document["token"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def withdraw(home: Path) -> None:
    """The page is gone."""
    (home / FILE_NAME).unlink(missing_ok=True)


class Door:
    """Tickets and visits of one agent. Instants are of the monotonic clock."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(32)
        self._tickets: OrderedDict[str, float] = OrderedDict()
        self._visits: OrderedDict[str, None] = OrderedDict()

    def knows(self, token: str) -> bool:
        """Whether this is the file's token."""
        return secrets.compare_digest(token.encode(), self.token.encode())

    def make_ticket(self) -> str:
        """A ticket for whoever showed the token."""
        ticket = secrets.token_urlsafe(32)
        self._tickets[ticket] = time.monotonic() + TICKET_SECONDS
        while len(self._tickets) > TICKETS:
            self._tickets.popitem(last=False)
        return ticket

    def enter(self, ticket: str) -> str | None:
        """The visit a ticket opens, once; None when it is not good (any more)."""
        good_until = self._tickets.pop(ticket, 0.0)
        if good_until < time.monotonic():
            return None
        visit = secrets.token_urlsafe(32)
        self._visits[visit] = None
        while len(self._visits) > VISITS:
            self._visits.popitem(last=False)
        return visit

    def is_inside(self, visit: str) -> bool:
        """Whether this visit was opened by a ticket."""
        return visit in self._visits
