"""The SQL of deliveries that were turned away: one row for each trigger, reason and address."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from services.scheduler.webhooks.model import Rejection

if TYPE_CHECKING:
    from services.kit.postgres import Connection

# In the order of the key, so that two schedulers cannot wait for each other.
COUNT = """INSERT INTO webhook_rejection (trigger_id, reason, ip, message, times)
 SELECT trigger_id, reason, ip, max(message), count(*)
 FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS one (trigger_id, reason, ip, message)
 GROUP BY trigger_id, reason, ip ORDER BY trigger_id, reason, ip
 ON CONFLICT (trigger_id, reason, ip) DO UPDATE
  SET times = webhook_rejection.times + excluded.times, last_at = now(), message = excluded.message"""
LIST_REJECTIONS = """SELECT reason, ip, message, times, first_at, last_at FROM webhook_rejection
 WHERE trigger_id = $1 ORDER BY last_at DESC, reason, ip LIMIT $2"""
FORGET = """DELETE FROM webhook_rejection WHERE last_at < now() - make_interval(days => $1)
 OR (trigger_id, reason, ip) IN (SELECT trigger_id, reason, ip FROM (
  SELECT trigger_id, reason, ip, row_number() OVER (PARTITION BY trigger_id ORDER BY last_at DESC) AS place
  FROM webhook_rejection) AS placed WHERE place > $2)"""


async def count(connection: "Connection", turned_away: Sequence[tuple[str, str, str, str]]) -> None:
    """Of each: trigger, reason, address, message."""
    await connection.execute(COUNT, *(list(column) for column in zip(*turned_away, strict=True)))


async def list_rejections(connection: "Connection", trigger_id: str, limit: int) -> list[Rejection]:
    """The latest first."""
    return [Rejection(**dict(row)) for row in await connection.fetch(LIST_REJECTIONS, trigger_id, limit)]


async def forget(connection: "Connection", days: int, kept_each: int) -> None:
    """Deletes those not seen for so many days, and of each trigger all but its latest so many."""
    await connection.execute(FORGET, days, kept_each)
