"""Things by the name people give them."""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from services.client.calls import Calls
from services.client.errors import HubError

NAMES_COMPARED = 200
_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class NoneNamedError(HubError):
    """Nothing has this name; `near` are names that look like it."""

    def __init__(self, what: str, name: str, near: Sequence[str]) -> None:
        self.what, self.name, self.near = what, name, tuple(near)
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        super().__init__(f"There is no {what} {name!r}, or you may not see it.{hint}")


def is_id(text: str) -> bool:
    """True for a UUID."""
    return _ID.fullmatch(text) is not None


async def find_by_name(calls: Calls, what: str, path: str, name: str) -> dict[str, Any]:
    """The item of a list with this name, whatever its case. Raises NoneNamedError."""
    async for item in calls.each(path, q=name):
        if item["name"].casefold() == name.casefold():
            return item
    names = [item["name"] async for item in calls.each(path, NAMES_COMPARED)]
    raise NoneNamedError(what, name, get_close_matches(name, names))
