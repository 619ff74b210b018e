"""Node types the Hub knows: those it ships, and those that runners declared. Graphs are judged by them.

The shipped ones are a generated file, so the Hub never imports node code.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from runner.workflow.declarations import Catalogue, NodeDeclaration
from services.kit.errors import DomainError, FieldError, Kind, invalid

if TYPE_CHECKING:
    from services.kit.postgres import Connection

BUILT_IN_FILE = "builtin_node_types.json"
MAX_TYPES = 1_000
MAX_SET_BYTES = 4 * 1024 * 1024
SHOWN_RUNNERS = 100
"""So many runners are named beside each type; a fleet declares the same types."""

SETS = "SELECT coalesce(array_agg(sha256 ORDER BY declared_at, sha256), '{}') FROM node_type_set"
READ_SET = "SELECT declarations FROM node_type_set WHERE sha256 = $1"
INSERT_SET = "INSERT INTO node_type_set (sha256, declarations) VALUES ($1, $2) ON CONFLICT (sha256) DO NOTHING"
HAS_SET = "SELECT EXISTS (SELECT FROM node_type_set WHERE sha256 = $1)"
DECLARE = """INSERT INTO runner_node_types (runner_id, sha256) VALUES ($1, $2)
 ON CONFLICT (runner_id) DO UPDATE SET sha256 = excluded.sha256, declared_at = now()
 WHERE runner_node_types.sha256 <> excluded.sha256"""
CONNECTED = """SELECT t.sha256, (array_agg(t.runner_id::text ORDER BY t.runner_id))[1:$1] AS runner_ids
  FROM runner_node_types t JOIN runner_session s ON s.runner_id = t.runner_id
 WHERE s.closed_at IS NULL AND s.seen_at > now() - interval '120 seconds'
 GROUP BY t.sha256"""


@dataclass(frozen=True, slots=True)
class KnownType:
    """A node type and the connected runners that declared it (at most 100 of them)."""

    declaration: NodeDeclaration
    runner_ids: list[str] = field(default_factory=list)


@cache
def built_in() -> Mapping[str, NodeDeclaration]:
    """What the product ships, by type."""
    text = (files(__package__) / BUILT_IN_FILE).read_text(encoding="utf-8")
    return MappingProxyType(_by_type(NodeDeclaration.from_json(entry) for entry in json.loads(text)))


async def load_catalogue(connection: "Connection", sets: Sequence[str] | None = None) -> Catalogue:
    """All known types; the shipped declaration of a type comes before a declared one, an older set before a newer.

    `sets` are the hashes of all declared sets where the caller has read them already.
    """
    if sets is None:
        sets = await connection.fetchval(SETS)
    return _merged(tuple([await _read_set(connection, sha256) for sha256 in sets]))


async def list_types(connection: "Connection") -> list[KnownType]:
    """All known types in the order of their names."""
    known = {name: KnownType(declaration) for name, declaration in (await load_catalogue(connection)).items()}
    for row in await connection.fetch(CONNECTED, SHOWN_RUNNERS):
        for name in (await _read_set(connection, row["sha256"])).types:
            runner_ids = known[name].runner_ids
            runner_ids.extend(row["runner_ids"][: SHOWN_RUNNERS - len(runner_ids)])
    return [known[name] for name in sorted(known)]


async def declare(connection: "Connection", runner_id: str, sha256: str, declarations: Sequence[bytes]) -> bool:
    """Notes what a runner declares. Answers True when the declarations of that hash are wanted first.

    Raises NODE_TYPES_INVALID for declarations that cannot be read.
    """
    if declarations:
        await connection.execute(INSERT_SET, sha256, _checked(declarations))
    elif not await connection.fetchval(HAS_SET, sha256):
        return True
    await connection.execute(DECLARE, runner_id, sha256)
    return False


def _checked(declarations: Sequence[bytes]) -> bytes:
    if len(declarations) > MAX_TYPES or sum(map(len, declarations)) > MAX_SET_BYTES:
        raise DomainError(Kind.TOO_LARGE, "NODE_TYPES_TOO_LARGE", f"A runner declares at most {MAX_TYPES} node types.")
    documents: list[Any] = []
    for number, data in enumerate(declarations):
        try:
            document = json.loads(data)
            NodeDeclaration.from_json(document)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise invalid(
                f"Declaration {number} cannot be read: {error!r}",
                FieldError(f"/nodeTypes/{number}", "Declare type, family and title, as NodeDeclaration.as_json does."),
                reason="NODE_TYPES_INVALID",
            ) from None
        documents.append(document)
    return json.dumps(documents).encode()


@dataclass(frozen=True)
class _TypeSet:
    """One declared set; compared by its hash alone."""

    sha256: str
    types: Mapping[str, NodeDeclaration] = field(compare=False)


_sets: dict[str, _TypeSet] = {}
"""Sets never change and are few, so those read once stay."""


async def _read_set(connection: "Connection", sha256: str) -> _TypeSet:
    known = _sets.get(sha256)
    if known is None:
        entries = json.loads(await connection.fetchval(READ_SET, sha256))
        known = _sets[sha256] = _TypeSet(sha256, _by_type(NodeDeclaration.from_json(entry) for entry in entries))
    return known


@lru_cache(maxsize=16)
def _merged(sets: tuple[_TypeSet, ...]) -> Catalogue:
    types = dict(built_in())
    for declared in sets:
        for name, declaration in declared.types.items():
            types.setdefault(name, declaration)
    return MappingProxyType(types)


def _by_type(declarations: Any) -> dict[str, NodeDeclaration]:
    return {declaration.type: declaration for declaration in declarations}
