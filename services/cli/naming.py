"""Workflows and runners by name or id."""

from typing import Any

from services.cli.errors import usage
from services.client import Hub, is_id
from services.client.resources.lookup import find_by_name


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
    return await find_by_name(hub, what, path, name)
