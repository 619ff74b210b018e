"""SQL that stores new executions: the demand they make, the row itself, and who holds a deduplication key."""

from typing import TYPE_CHECKING

from services.scheduler.continuations import repository as continuations
from services.scheduler.executions.model import Demand, Launch
from services.scheduler.executions.repository import queries

if TYPE_CHECKING:
    from services.kit.postgres import Connection

FIND_DEMAND = """SELECT id FROM demand
 WHERE labels = $1 AND capabilities = $2 AND runner_id IS NOT DISTINCT FROM $3 AND mode = $4"""
INSERT_DEMAND = """INSERT INTO demand (labels, capabilities, runner_id, mode) VALUES ($1, $2, $3, $4)
 ON CONFLICT DO NOTHING RETURNING id"""
INSERT = f"""WITH stored AS (
 INSERT INTO execution (id, workflow_id, workflow_name, version, graph_sha256, draft, demand_id, mode,
 priority, inputs, on_lost, lease_seconds, max_attempts, backoff_seconds, timeout_seconds, queue_timeout_seconds,
 concurrency_key, concurrency_limit, dedupe_key, trigger_id, actor_kind, actor_id, actor_name, retry_of, not_before,
 ready_at, waiting_for)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
  $25, greatest(now(), $25), CASE WHEN $25 > now() THEN 'NOT_BEFORE' END)
 ON CONFLICT (workflow_id, dedupe_key) WHERE dedupe_held DO NOTHING RETURNING *
), recorded AS (
 INSERT INTO outbox (id, event) SELECT $26::uuid, $27::bytea FROM stored WHERE $26::uuid IS NOT NULL
)
 SELECT {queries.COLUMNS} FROM stored e {queries.BESIDE}"""  # noqa: S608 - a constant
REMEMBERED = 10_000
DEDUPE_HOLDER = "SELECT id FROM execution WHERE workflow_id = $1 AND dedupe_key = $2 AND dedupe_held"


class Demands:
    """The numbers of demands, remembered: a demand is never deleted. One for each database."""

    def __init__(self) -> None:
        self._known: dict[Demand, int] = {}

    async def find(self, connection: "Connection", demand: Demand) -> int:
        """The number of this demand, made when it is new."""
        known = self._known.get(demand)
        if known is not None:
            return known
        values = (sorted(demand.labels), sorted(demand.capabilities), demand.runner_id, demand.mode)
        while True:
            found: int | None = await connection.fetchval(FIND_DEMAND, *values)
            if found is not None:
                if len(self._known) >= REMEMBERED:
                    self._known.clear()
                self._known[demand] = found
                return found
            # Not remembered yet: this transaction may still be rolled back.
            made: int | None = await connection.fetchval(INSERT_DEMAND, *values)
            if made is not None:
                return made


async def insert(
    connection: "Connection", launch: Launch, demand_id: int, audit: tuple[str, bytes] | None
) -> queries.View | None:
    """Stores the execution as QUEUED, and its row for the audit. None when another holds its deduplication key."""
    row = await connection.fetchrow(
        INSERT,
        launch.id,
        launch.workflow_id,
        launch.workflow_name,
        launch.version,
        launch.graph_sha256,
        launch.draft,
        demand_id,
        launch.demand.mode,
        launch.priority,
        launch.inputs,
        launch.on_lost,
        launch.lease_seconds,
        launch.max_attempts,
        launch.backoff_seconds,
        launch.timeout_seconds,
        launch.queue_timeout_seconds,
        launch.concurrency_key,
        launch.concurrency_limit,
        launch.dedupe_key,
        launch.trigger_id,
        launch.actor.kind,
        launch.actor.id,
        launch.actor.name,
        launch.retry_of,
        launch.not_before,
        *(audit or (None, None)),
    )
    if row and launch.continuation is not None:
        await continuations.insert(connection, launch.id, launch.continuation)
    return queries.view_of(row) if row else None


async def dedupe_holder(connection: "Connection", workflow_id: str, dedupe_key: str) -> str | None:
    """The execution that holds the key now."""
    identifier = await connection.fetchval(DEDUPE_HOLDER, workflow_id, dedupe_key)
    return str(identifier) if identifier else None
