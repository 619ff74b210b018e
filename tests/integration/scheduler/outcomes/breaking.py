"""Opens breakers, holds fires, and looks at what became of them."""

import json
from typing import TYPE_CHECKING, Any

from services.scheduler.outcomes.admission import admit
from services.scheduler.outcomes.breakers import Breakers
from services.scheduler.outcomes.model import Admission
from tests.integration.scheduler.outcomes.triggers import (
    HOLD,
    add_trigger,
    fail,
    submit,
)

if TYPE_CHECKING:
    from services.kit.postgres import Connection


async def state(connection: "Connection", trigger_id: str) -> str:
    """The breaker, after checking that both tables say the same."""
    row = await connection.fetchrow(
        """SELECT t.breaker, b.breaker AS kept FROM trigger t LEFT JOIN trigger_breaker b ON b.trigger_id = t.id
         WHERE t.id = $1""",
        trigger_id,
    )
    assert row is not None
    assert row["breaker"] == (row["kept"] or "CLOSED")
    breaker: str = row["breaker"]
    return breaker


async def open_breaker(connection: "Connection", breakers: Breakers) -> str:
    trigger_id = await add_trigger(connection)
    for _ in range(5):
        await fail(connection, await submit(connection, trigger_id))
    await breakers.run_once()
    assert await state(connection, trigger_id) == "OPEN"
    return trigger_id


async def hold(connection: "Connection", trigger_id: str, count: int = 1) -> None:
    async with connection.transaction():
        assert (await admit(connection, [trigger_id]))[trigger_id] is Admission.HOLD
        for _ in range(count):
            await connection.execute(HOLD, trigger_id)


async def make_due(connection: "Connection", trigger_id: str) -> None:
    await connection.execute("UPDATE trigger_breaker SET probe_at = now() WHERE trigger_id = $1", trigger_id)


async def probe_of(connection: "Connection", trigger_id: str) -> str:
    found = await connection.fetchval(
        "SELECT probe_execution_id FROM trigger_breaker WHERE trigger_id = $1 AND breaker = 'PROBING'", trigger_id
    )
    assert found is not None
    return str(found)


async def unsettled(connection: "Connection") -> int:
    count: int = await connection.fetchval("SELECT count(*) FROM held WHERE NOT settled")
    return count


async def events(connection: "Connection", kind: str) -> list[dict[str, Any]]:
    rows = await connection.fetch("SELECT data FROM outgoing_event WHERE type = $1 ORDER BY seq", kind)
    return [json.loads(row["data"]) for row in rows]
