"""Global variables."""

from datetime import datetime
from typing import Any

from services.client.models.base import Actor, Answer


class VariableUser(Answer):
    """A workflow whose published version reads the variable."""

    workflow_id: str
    name: str = ""


class Variable(Answer):
    """A named value of the installation; expressions read it as `globals.<name>`."""

    id: str
    name: str
    value: Any = None
    description: str = ""
    etag: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    created_by: Actor | None = None
    used_by: tuple[VariableUser, ...] = ()
