"""Workflows and runners by name or id."""

import re
from difflib import get_close_matches
from typing import Any

from services.cli.client import Hub
from services.cli.errors import missing, usage

_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def is_id(text: str) -> bool:
    """True for a UUID."""
    return _ID.fullmatch(text) is not None


def require_id(what: str, text: str) -> str:
    """An id in the Hub's form. Raises CliError for anything else."""
    if not is_id(text):
        raise usage(f"{text!r} is no id of {what}; `exekra execution list` shows them.")
    return text.lower()


async def find_workflow(hub: Hub, name: str) -> dict[str, Any]:
    """The workflow of this name (whatever its case) or id. Raises CliError when there is none."""
    return await _find(hub, "workflow", "/workflows", name)


async def find_runner(hub: Hub, name: str) -> dict[str, Any]:
    """The runner of this name (whatever its case) or id. Raises CliError when there is none."""
    return await _find(hub, "runner", "/runners", name)


async def _find(hub: Hub, what: str, path: str, name: str) -> dict[str, Any]:
    if is_id(name):
        answer: dict[str, dict[str, Any]] = await hub.get(f"{path}/{name.lower()}")
        return answer[what]
    for item in await hub.items(path, q=name):
        if item["name"].casefold() == name.casefold():
            return item
    names = [item["name"] for item in await hub.items(path, most=200)]
    raise missing(what, name, get_close_matches(name, names))
