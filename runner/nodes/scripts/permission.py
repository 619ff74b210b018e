"""Whether scripts may run on this machine. Off unless its owner says so: a script can do what the account can."""

import os
from typing import Final

from pydantic import TypeAdapter, ValidationError

SETTING: Final = "EXEKRA_RUNNER_ALLOW_SCRIPTS"
_BOOLEAN: Final = TypeAdapter(bool)


def missing() -> str | None:
    """What keeps scripts from running here and what helps; None when nothing does."""
    try:
        allowed = _BOOLEAN.validate_python(os.environ.get(SETTING, "false"))
    except ValidationError:
        allowed = False
    return None if allowed else f"This runner allows no scripts; start it with {SETTING}=true"
