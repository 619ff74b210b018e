"""Every statement of the outcomes on a migrated database."""

from typing import TYPE_CHECKING

from services.scheduler.outcomes import announcing, repository

if TYPE_CHECKING:
    from services.kit.postgres import Connection


async def test_every_statement_can_be_prepared(connection: "Connection") -> None:
    statements = [
        value
        for module in (announcing, repository)
        for name, value in vars(module).items()
        if name.isupper() and not name.startswith("_") and isinstance(value, str)
    ]
    assert len(statements) > 15
    for statement in statements:
        await connection.prepare(statement)
