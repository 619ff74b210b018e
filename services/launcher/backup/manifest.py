"""What a backup says of itself: a header that comes first and a manifest of what followed, which comes last.

Both are JSON. What they name is compared with what this version knows before it is used; nothing of them is executed.
"""

from datetime import datetime
from typing import Annotated, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

FORMAT: Final = 1
PRODUCT: Final = "exekra-hub-backup"
HEADER_PART: Final = "backup.json"
MANIFEST_PART: Final = "manifest.json"

Identifier = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]{0,62}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0)]


class _Document(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class AppliedMigration(_Document):
    """One migration of a service, as the database remembers it."""

    number: Annotated[int, Field(ge=1)]
    name: str
    sha256: Sha256


class Table(_Document):
    """One table and the columns whose values follow, in this order."""

    schema_name: Identifier
    name: Identifier
    columns: Annotated[tuple[Identifier, ...], Field(min_length=1)]

    @property
    def path(self) -> str:
        """`schema.table`, as parts of the archive are named."""
        return f"{self.schema_name}.{self.name}"


class Header(_Document):
    """The first part: enough to refuse a backup without reading it."""

    product: str
    format: int
    backup_id: str
    made_at: AwareDatetime
    version: str
    installation_id: str
    migrations: dict[str, tuple[AppliedMigration, ...]]
    tables: tuple[Table, ...]


class TableSum(_Document):
    """What came of a table, as text of COPY."""

    rows: Count
    bytes: Count
    sha256: Sha256


class Sequence(_Document):
    """Where a sequence of numbers stands: the next one is greater."""

    schema_name: Identifier
    table: Identifier
    column: Identifier
    value: Annotated[int, Field(ge=1)]


class Artifacts(_Document):
    """Contents of artifacts. `missing` are named by the database and were not on the disk, or damaged there."""

    count: Count
    bytes: Count
    missing: tuple[Sha256, ...] = ()


class Manifest(_Document):
    """The last part: with it the archive is whole."""

    header_sha256: Sha256
    tables: dict[str, TableSum]
    sequences: tuple[Sequence, ...]
    files: dict[str, Sha256]
    artifacts: Artifacts


class Summary(_Document):
    """What a person is told of a backup."""

    backup_id: str
    made_at: datetime
    version: str
    installation_id: str
    bytes: int
    rows: int
    artifacts: int
    missing_artifacts: tuple[str, ...] = ()


def summarise(header: Header, manifest: Manifest, size: int) -> Summary:
    """The figures of an archive of so many bytes."""
    return Summary(
        backup_id=header.backup_id,
        made_at=header.made_at,
        version=header.version,
        installation_id=header.installation_id,
        bytes=size,
        rows=sum(table.rows for table in manifest.tables.values()),
        artifacts=manifest.artifacts.count,
        missing_artifacts=manifest.artifacts.missing,
    )
