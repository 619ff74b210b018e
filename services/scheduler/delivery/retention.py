"""Forgets deliveries and events after their time, in short transactions. What is still to be sent stays."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from services.kit.postgres import Pool

BATCH: Final = 5_000
FORGET_DELIVERIES: Final = """DELETE FROM event_delivery WHERE id IN (
 SELECT id FROM event_delivery WHERE ended_at < now() - make_interval(days => $1) LIMIT $2)"""
FORGET_OF_DELETED: Final = """DELETE FROM event_delivery WHERE id IN (
 SELECT d.id FROM event_delivery d JOIN event_endpoint p ON p.id = d.endpoint_id
  WHERE p.deleted_at IS NOT NULL AND $1 >= 0 LIMIT $2)"""
FORGET_MAILS: Final = """DELETE FROM mail WHERE id IN (
 SELECT id FROM mail WHERE ended_at < now() - make_interval(days => $1) LIMIT $2)"""
FORGET_EVENTS: Final = """DELETE FROM outgoing_event WHERE seq IN (
 SELECT e.seq FROM outgoing_event e
  WHERE e.at < now() - make_interval(days => $1) AND e.fanned_out_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM event_delivery d WHERE d.event_seq = e.seq)
    AND NOT EXISTS (SELECT FROM mail_item i WHERE i.event_seq = e.seq)
  LIMIT $2)"""


async def forget_deliveries(pool: "Pool", days: int) -> None:
    """Deliveries and mails that ended so long ago, those of deleted endpoints at once, then events nobody needs."""
    for statement in (FORGET_DELIVERIES, FORGET_OF_DELETED, FORGET_MAILS, FORGET_EVENTS):
        deleted = BATCH
        while deleted == BATCH:
            async with pool.acquire() as connection:
                status: str = await connection.execute(statement, days, BATCH)
            deleted = int(status.rpartition(" ")[2])
