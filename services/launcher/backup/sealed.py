"""Which secrets of a database the vault key at hand opens. It reads key ids; nothing is opened.

A backup holds secrets as they are sealed and not the key, so a restored Hub may miss it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from services.kit.sealing import KEY_BYTES, SealingError, key_id

if TYPE_CHECKING:
    from services.kit.postgres import Connection

SHOWN: Final = 20
# Kind, a name a person knows, the envelope. A table that this version's schema does not have yet is left out.
SEALED: Final = {
    "automation.webhook": (
        "SELECT 'webhook' AS kind, t.name, e.sealed FROM automation.webhook w"
        " JOIN automation.trigger t ON t.id = w.trigger_id AND t.deleted_at IS NULL"
        " CROSS JOIN LATERAL (VALUES (w.token), (w.secret), (w.previous_secret)) AS e (sealed)"
    ),
    "automation.event_endpoint": (
        "SELECT 'event endpoint' AS kind, p.name, e.sealed FROM automation.event_endpoint p"
        " CROSS JOIN LATERAL (VALUES (p.secret), (p.previous_secret), (p.headers)) AS e (sealed)"
        " WHERE p.deleted_at IS NULL"
    ),
    "automation.credential": "SELECT 'credential' AS kind, c.name, c.value AS sealed FROM automation.credential c",
}
_UNOPENED: Final = """SELECT DISTINCT kind, name, encode(substring(sealed FROM 2 FOR 8), 'hex') AS key_id
 FROM ({query}) AS all_of_it WHERE octet_length(sealed) > 9 AND NOT substring(sealed FROM 2 FOR 8) = ANY($1::bytea[])
 ORDER BY kind, name LIMIT $2"""


@dataclass(frozen=True)
class Unopened:
    """A secret whose key is not at hand."""

    kind: str
    name: str
    key_id: str


async def find_unopened(connection: "Connection", vault_key: Path) -> list[Unopened]:
    """Secrets that no key of the file opens, at most 20 of a kind. A missing file opens none."""
    ids = [key_id(bytes.fromhex(line)) for line in read_keys(vault_key)]
    found: list[Unopened] = []
    for table, query in SEALED.items():
        if await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", table):
            rows = await connection.fetch(_UNOPENED.format(query=query), ids, SHOWN)
            found += [Unopened(**row) for row in rows]
    return found


def read_keys(path: Path) -> list[str]:
    """The lines of a vault key file, none when there is no file. Raises SealingError for what is no key."""
    if not path.exists():
        return []
    lines = [line.strip().lower() for line in path.read_text().splitlines() if line.strip()]
    for line in lines:
        if len(line) != 2 * KEY_BYTES or set(line) - set("0123456789abcdef"):
            raise SealingError(f"{path} holds a line that is no vault key of {2 * KEY_BYTES} hexadecimal digits.")
    return lines
