"""The invariants of the execution protocol as queries that must return nothing, whatever was killed before.

Run them once the Hub is quiet. Real double execution is invisible to SQL: `burst.overlaps` reads the runners' journals.
"""

from collections.abc import Mapping
from typing import Any

import asyncpg

from exekra.audit.v1.audit_service_pb2 import AuditEvent

Rows = list[dict[str, Any]]

INVARIANTS: Mapping[str, str] = {
    "one live attempt per execution": """
        SELECT execution_id, count(*) FROM automation.attempt WHERE ended_at IS NULL GROUP BY execution_id HAVING
        count(*) > 1""",
    "status agrees with the live attempt": """
        SELECT e.id, e.status, e.attempt_id, a.id AS live FROM automation.execution e
          LEFT JOIN automation.attempt a ON a.execution_id = e.id AND a.ended_at IS NULL
         WHERE (e.status IN ('ASSIGNED', 'RUNNING', 'STOPPING')) <> (a.id IS NOT NULL)
            OR (a.id IS NOT NULL AND (a.id <> e.attempt_id OR a.runner_id <> e.runner_id
                OR (e.status = 'ASSIGNED') <> (a.acknowledged_at IS NULL)))""",
    "attempt numbers are dense": """
        SELECT e.id, e.attempt_no, array_agg(a.attempt_no ORDER BY a.attempt_no) FROM automation.execution e
          LEFT JOIN automation.attempt a ON a.execution_id = e.id
         GROUP BY e.id HAVING count(a.id) <> e.attempt_no OR coalesce(max(a.attempt_no), 0) <> e.attempt_no""",
    "at most one successful attempt, and it is the result": """
        SELECT e.id, e.status, count(a.id) FILTER (WHERE a.ended = 'OK') AS successes FROM automation.execution e
          LEFT JOIN automation.attempt a ON a.execution_id = e.id
         GROUP BY e.id, e.status, e.event
        HAVING count(a.id) FILTER (WHERE a.ended = 'OK') <>
               CASE WHEN e.status = 'COMPLETED' AND e.event <> 'RESOLVE_COMPLETED' THEN 1 ELSE 0 END""",
    "a seat holds the live attempt of its place": """
        SELECT s.runner_id, s.slot, s.attempt_id FROM automation.seat s
          LEFT JOIN automation.attempt a ON a.id = s.attempt_id
         WHERE s.attempt_id IS NOT NULL
           AND (a.id IS NULL OR a.ended_at IS NOT NULL OR (a.runner_id, a.slot) IS DISTINCT FROM (s.runner_id,
           s.slot))""",
    "every live attempt has its seat": """
        SELECT a.id FROM automation.attempt a LEFT JOIN automation.seat s ON s.attempt_id = a.id
         WHERE a.ended_at IS NULL AND s.attempt_id IS NULL""",
    "attempts of one execution never overlap": """
        SELECT a.execution_id, a.attempt_no FROM automation.attempt a
          JOIN automation.attempt b ON b.execution_id = a.execution_id AND b.attempt_no = a.attempt_no + 1
         WHERE a.ended_at IS NULL OR b.offered_at < a.ended_at""",
    "every historical step is in the table": """
        SELECT execution_id, seq, from_status, event, to_status FROM automation.execution_event
         WHERE CASE WHEN seq = 1 THEN (event, to_status) IS DISTINCT FROM ('SUBMIT', 'QUEUED') OR from_status IS NOT
         NULL
                    ELSE automation.next_status(from_status, event) IS DISTINCT FROM to_status END""",
    "histories have no gap and end at the status": """
        SELECT e.id FROM automation.execution e JOIN automation.execution_event v ON v.execution_id = e.id
         GROUP BY e.id, e.status, e.event_count
        HAVING count(*) <> e.event_count OR max(v.seq) <> e.event_count
            OR (array_agg(v.to_status ORDER BY v.seq DESC))[1] <> e.status""",
    "steps follow each other": """
        SELECT execution_id, seq FROM (
            SELECT execution_id, seq, from_status, lag(to_status) OVER (PARTITION BY execution_id ORDER BY seq) AS
            before
              FROM automation.execution_event) steps
         WHERE seq > 1 AND from_status <> before""",
    "no two live executions share a deduplication key": """
        SELECT workflow_id, dedupe_key FROM automation.execution
         WHERE dedupe_key IS NOT NULL AND status IN ('QUEUED', 'ASSIGNED', 'RUNNING', 'STOPPING')
         GROUP BY 1, 2 HAVING count(*) > 1""",
    "no lease ended a minute ago": """
        SELECT a.id, a.lease_expires_at FROM automation.attempt a CROSS JOIN automation.hub_tick t
         WHERE a.ended_at IS NULL AND a.lease_expires_at < now() - interval '60 seconds'
           AND t.at > now() - interval '15 seconds'""",
    "every kept answer names an execution": """
        SELECT k.principal, k.key FROM automation.idempotency_key k
         WHERE convert_from(k.response, 'LATIN1') ~ '^[0-9a-f-]{36} (new|duplicate)$'
           AND NOT EXISTS (SELECT FROM automation.execution e
                            WHERE e.id::text = left(convert_from(k.response, 'LATIN1'), 36))""",
    "logs are dense up to the count at the finish": """
        SELECT a.id, a.log_lines, v.log_seq, a.node_events, v.node_seq FROM automation.attempt a
          LEFT JOIN automation.attempt_evidence v ON v.attempt_id = a.id
         WHERE a.digest IS NOT NULL
           AND (coalesce(v.log_seq, 0) <> a.log_lines OR coalesce(v.node_seq, 0) <> a.node_events)""",
    "nothing ready waits while a seat is free": """
        SELECT e.id, r.name FROM automation.execution e
          JOIN automation.demand d ON d.id = e.demand_id
          CROSS JOIN automation.runner r JOIN automation.runner_session n ON n.runner_id = r.id
         WHERE e.status = 'QUEUED' AND e.ready_at < now() - interval '30 seconds'
           AND automation.obstacles(e, d, r, n) = '{}'""",
    "a due fire is decided": """
        SELECT trigger_id, fire_at, due_at FROM automation.fire
         WHERE outcome IS NULL AND due_at < now() - interval '30 seconds'""",
    "a fire has at most one execution, and an execution one fire": """
        SELECT e.id, e.trigger_id, count(f.trigger_id) AS fires FROM automation.execution e
          JOIN automation.trigger t ON t.id = e.trigger_id AND t.kind = 'SCHEDULE'
          LEFT JOIN automation.fire f ON f.execution_id = e.id AND f.outcome <> 'DUPLICATE'
         WHERE e.retry_of IS NULL GROUP BY e.id, e.trigger_id HAVING count(f.trigger_id) <> 1""",
    "every execution the ledger names is there": """
        SELECT f.trigger_id, f.fire_at FROM automation.fire f
          LEFT JOIN automation.execution e ON e.id = f.execution_id
         WHERE f.execution_id IS NOT NULL AND e.id IS NULL""",
    "no instant of an interval is missing in the ledger": """
        SELECT trigger_id, fire_at, before FROM (
            SELECT f.trigger_id, f.fire_at, s.interval_seconds, lag(coalesce(f.span_until, f.fire_at))
                   OVER (PARTITION BY f.trigger_id ORDER BY f.fire_at) AS before
              FROM automation.fire f
              JOIN automation.schedule s ON s.trigger_id = f.trigger_id AND s.interval_seconds IS NOT NULL
              -- Changed, disabled and enabled ones may have gaps.
              JOIN automation.trigger t ON t.id = f.trigger_id AND (t.revision = 1 OR t.revision = 2 AND NOT t.enabled)
             WHERE f.origin = 'PLAN') fires
         WHERE fire_at - before <> interval_seconds * interval '1 second'""",
    "an accepted delivery has its execution": """
        SELECT d.id FROM automation.delivery d LEFT JOIN automation.execution e ON e.id = d.execution_id
         WHERE d.outcome = 'ACCEPTED' AND e.id IS NULL""",
    "an execution of a webhook has one delivery, or a person fired it": """
        SELECT e.id, count(d.id) FROM automation.execution e
          JOIN automation.trigger t ON t.id = e.trigger_id AND t.kind = 'WEBHOOK'
          LEFT JOIN automation.delivery d ON d.execution_id = e.id AND d.reason <> 'DEDUPED'
         WHERE e.retry_of IS NULL AND NOT EXISTS (SELECT FROM automation.fire f WHERE f.execution_id = e.id)
         GROUP BY e.id HAVING count(d.id) <> 1""",
    "a breaker is the same in both places": """
        SELECT t.id, t.breaker, b.breaker AS kept FROM automation.trigger t
          LEFT JOIN automation.trigger_breaker b ON b.trigger_id = t.id
         WHERE t.breaker <> coalesce(b.breaker, 'CLOSED')""",
    "nothing is held by a breaker that is closed": """
        SELECT f.trigger_id, f.fire_at FROM automation.fire f JOIN automation.trigger t ON t.id = f.trigger_id
         WHERE f.outcome = 'HELD' AND t.breaker = 'CLOSED' AND t.enabled AND t.deleted_at IS NULL""",
    "every end is counted once": """
        SELECT status, ends, counted FROM (
            SELECT v.to_status AS status, count(*) AS ends FROM automation.execution_event v
              JOIN automation.outcome_tally_position p
                ON (v.transaction_id, v.execution_id, v.seq) <= (p.transaction_id, p.execution_id, p.seq)
             WHERE v.to_status IN ('COMPLETED', 'FAILED', 'STOPPED', 'LOST') AND v.from_status <> v.to_status
             GROUP BY v.to_status) happened
          FULL JOIN (SELECT status, sum(count) AS counted FROM automation.outcome_tally GROUP BY status) told
         USING (status) WHERE ends IS DISTINCT FROM counted""",
    "licence seats are held once": """
        SELECT licence_seat FROM automation.attempt WHERE ended_at IS NULL AND licence_seat IS NOT NULL
         GROUP BY 1 HAVING count(*) > 1""",
}

STARTED = """SELECT id::text AS id, CASE WHEN retry_of IS NULL THEN 'execution.created' ELSE 'execution.retried' END
  AS action
  FROM automation.execution WHERE actor_kind IN ('user', 'api_key')"""
STOPPED = """SELECT DISTINCT v.execution_id::text AS id, 'execution.stopped' AS action
  FROM automation.execution_event v JOIN automation.execution e ON e.id = v.execution_id
 WHERE v.event IN ('STOP', 'STOP_NOW') AND e.stopped_by_kind IN ('user', 'api_key')"""
WAITING = "SELECT event FROM automation.outbox"
CHAINED = """SELECT resource_id AS id, action FROM audit.event WHERE resource_kind = 'execution'"""


async def broken_invariants(admin_dsn: str) -> dict[str, Rows]:
    """The invariants that do not hold, with the rows that break them; empty when all hold. Needs a superuser's DSN."""
    connection = await asyncpg.connect(
        admin_dsn, server_settings={"search_path": "automation", "default_transaction_read_only": "on"}
    )
    try:
        async with connection.transaction(isolation="repeatable_read"):
            broken = {}
            for name, query in INVARIANTS.items():
                rows = await connection.fetch(query)
                if rows:
                    broken[name] = [dict(row) for row in rows]
            unaudited = await _unaudited(connection)
            if unaudited:
                broken["every start, stop and retry has its audit row"] = unaudited
            return broken
    finally:
        await connection.close()


async def _unaudited(connection: "asyncpg.Connection[asyncpg.Record]") -> Rows:
    wanted = {(row["id"], row["action"]) for query in (STARTED, STOPPED) for row in await connection.fetch(query)}
    waiting = [AuditEvent.FromString(row["event"]) for row in await connection.fetch(WAITING)]
    recorded = {(event.resource_id, event.action) for event in waiting}
    if await connection.fetchval("SELECT to_regclass('audit.event') IS NOT NULL"):
        recorded |= {(row["id"], row["action"]) for row in await connection.fetch(CHAINED)}
    return [{"execution": identifier, "action": action} for identifier, action in sorted(wanted - recorded)]
