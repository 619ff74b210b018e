"""Making, changing and deleting global variables. Every change is a row in the audit outbox of its own transaction.

All functions work in the caller's transaction.
"""

import hashlib
import json
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from services.kit.identity import acting_principal
from services.kit.ids import is_id, new_id
from services.kit.outbox import Outbox, Resource
from services.scheduler.executions.model import Actor
from services.scheduler.variables import repository
from services.scheduler.variables.errors import (
    name_invalid,
    too_many_variables,
    value_too_large,
    variable_changed,
    variable_in_use,
    variable_not_found,
)
from services.scheduler.variables.model import MAXIMUM_VALUE_BYTES, MAXIMUM_VARIABLES, NAME_PATTERN, User, Variable
from services.scheduler.workflows.reading import read_version

if TYPE_CHECKING:
    from services.kit.postgres import Connection

TOLD_BYTES = 2_000
"""A longer value stands in the audit log by its hash."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody asks for; None leaves a member of an existing variable as it is."""

    name: str | None = None
    description: str | None = None
    value: bytes | None = None

    def check(self) -> None:
        """Raises NAME_INVALID, VALUE_TOO_LARGE."""
        if self.name is not None and not re.fullmatch(NAME_PATTERN, self.name):
            raise name_invalid()
        if self.value is not None and len(self.value) > MAXIMUM_VALUE_BYTES:
            raise value_too_large()


async def get_variable(connection: "Connection", variable_id: str, *, locked: bool = False) -> Variable:
    """Raises VARIABLE_NOT_FOUND."""
    variable = await repository.find(connection, variable_id, locked=locked) if is_id(variable_id) else None
    if variable is None:
        raise variable_not_found()
    return variable


async def create_variable(connection: "Connection", outbox: Outbox, draft: Draft) -> Variable:
    """Raises NAME_INVALID, NAME_TAKEN, VALUE_TOO_LARGE, TOO_MANY_VARIABLES."""
    draft.check()
    who = acting_principal()
    await connection.execute(repository.LOCK_COUNT)
    if await connection.fetchval(repository.COUNT) >= MAXIMUM_VARIABLES:
        raise too_many_variables()
    value = b"null" if draft.value is None else draft.value
    made = await repository.insert(
        connection, new_id(), draft.name or "", draft.description or "", value, Actor(who.kind, who.id, who.name)
    )
    await outbox.record(connection, "variable.created", _resource(made), {"after": _told(made.value)})
    return made


async def update_variable(
    connection: "Connection", outbox: Outbox, variable_id: str, draft: Draft, if_match: str
) -> Variable:
    """Raises VARIABLE_NOT_FOUND, VARIABLE_CHANGED, VARIABLE_IN_USE and what `create_variable` raises."""
    draft.check()
    old = await get_variable(connection, variable_id, locked=True)
    if if_match and if_match != old.etag:
        raise variable_changed()
    new = replace(
        old,
        name=old.name if draft.name is None else draft.name,
        description=old.description if draft.description is None else draft.description,
        value=old.value if draft.value is None else draft.value,
    )
    if new == old:
        return old
    if new.name != old.name:
        await _require_unused(connection, old, "rename")
    saved = await repository.update(connection, new)
    details: dict[str, Any] = {}
    if new.value != old.value:
        details |= {"before": _told(old.value), "after": _told(new.value)}
    if new.name != old.name:
        details["nameBefore"] = old.name
    if new.description != old.description:
        details["descriptionBefore"] = old.description
    await outbox.record(connection, "variable.changed", _resource(saved), details)
    return saved


async def delete_variable(connection: "Connection", outbox: Outbox, variable_id: str, *, force: bool) -> None:
    """Raises VARIABLE_NOT_FOUND, and VARIABLE_IN_USE unless it is forced."""
    variable = await get_variable(connection, variable_id, locked=True)
    if not force:
        await _require_unused(connection, variable, "delete")
    await connection.execute(repository.DELETE, variable.id)
    await outbox.record(
        connection, "variable.deleted", _resource(variable), {"before": _told(variable.value), "force": force}
    )


async def users_of(connection: "Connection", names: Collection[str]) -> dict[str, list[User]]:
    """By variable, the workflows whose published versions read it, by name."""
    found: dict[str, list[User]] = {name: [] for name in names}
    if not found:
        return found
    for row in await connection.fetch(repository.READERS):
        reading = await read_version(connection, row["id"], row["version"], row["sha256"])
        for name in reading.globals & found.keys():
            found[name].append(User(row["id"], row["name"]))
    return found


async def _require_unused(connection: "Connection", variable: Variable, doing: str) -> None:
    users = (await users_of(connection, [variable.name]))[variable.name]
    if users:
        raise variable_in_use([user.name for user in users], doing)


def _resource(variable: Variable) -> Resource:
    return Resource("variable", variable.id, variable.name)


def _told(value: bytes) -> Any:
    if len(value) <= TOLD_BYTES:
        return json.loads(value)
    return {"bytes": len(value), "sha256": hashlib.sha256(value).hexdigest()}
