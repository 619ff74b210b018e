"""What the audit log is told of backups. It goes with the database, so a restored Hub knows where it comes from."""

import json
import os
import pwd
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from services.kit.ids import new_id

if TYPE_CHECKING:
    from services.kit.postgres import Connection

MADE: Final = "backup.made"
RESTORED: Final = "backup.restored"


async def append(connection: "Connection", action: str, backup_id: str, facts: Mapping[str, Any]) -> None:
    """Appends one event. The actor is the account at the keyboard: whoever may read the database asks no Hub."""
    account = _account()
    event = {
        "id": new_id(),
        "at": datetime.now(UTC).isoformat(),
        "service": "launcher",
        "actor_kind": "system",
        "actor_id": "",
        "actor_name": f"{account} on the Hub's machine",
        "action": action,
        "resource_kind": "backup",
        "resource_id": backup_id,
        "resource_name": str(facts.get("file", "")),
        "ip": "",
        "request_id": "",
        "details": json.dumps(facts, ensure_ascii=True),
    }
    await connection.execute("SELECT audit.append($1::jsonb)", json.dumps([event]))


def _account() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
