"""`python -m … DSN TRIGGER`: asks the breaker, stores a held fire, says so, and never commits."""

import asyncio
import sys

from services.kit.postgres import open_pool
from services.scheduler.outcomes.admission import admit
from tests.integration.scheduler.outcomes.triggers import HOLD


async def main(dsn: str, trigger_id: str) -> None:
    async with open_pool(dsn, "scheduler") as pool, pool.acquire() as connection, connection.transaction():
        admission = (await admit(connection, [trigger_id]))[trigger_id]
        await connection.execute(HOLD, trigger_id)
        sys.stdout.write(f"{admission}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
