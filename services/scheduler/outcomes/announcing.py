"""Tells that a trigger paused or goes on: one event each, in the transaction of the change.

However many fires it concerns, nobody is told twice.
"""

import json
from typing import TYPE_CHECKING, Any

from services.kit.identity import acting_principal
from services.scheduler.executions.repository.outcomes import load_failure
from services.scheduler.outcomes.model import Breaker, State
from services.scheduler.outcomes.repository import Trigger

if TYPE_CHECKING:
    from services.kit.postgres import Connection

MESSAGE_CHARACTERS = 500
EMIT = "SELECT emit_event($1, 'trigger', $2, 'trigger:' || $2, $3::json, $4::uuid)"
LAST_FAILURE = "SELECT failure FROM execution WHERE id = $1"


async def tell(connection: "Connection", trigger: Trigger, old: State, new: State) -> None:
    """Emits `trigger.paused` or `trigger.resumed` when the step led there, else nothing: a probe is no news."""
    if old.breaker is Breaker.CLOSED and new.breaker is Breaker.OPEN:
        await _emit(connection, "trigger.paused", trigger, await _why(connection, new))
    elif old.breaker is not Breaker.CLOSED and new.breaker is Breaker.CLOSED:
        who = acting_principal()
        by = {"kind": who.kind, "id": who.id, "name": who.name}
        await _emit(connection, "trigger.resumed", trigger, {"pausedAt": _text(old.opened_at), "by": by})


async def _why(connection: "Connection", state: State) -> dict[str, Any]:
    failure = load_failure(await connection.fetchval(LAST_FAILURE, state.last_execution_id))
    return {
        "failures": state.streak,
        "fingerprint": state.fingerprint,
        "executionId": state.last_execution_id,
        "probeAt": _text(state.probe_at),
        "failure": failure
        and {"code": failure.code, "message": failure.message[:MESSAGE_CHARACTERS], "nodeId": failure.node_id},
    }


async def _emit(connection: "Connection", name: str, trigger: Trigger, data: dict[str, Any]) -> None:
    described = {
        "id": trigger.id,
        "kind": trigger.kind.lower(),
        "name": trigger.name,
        "workflowId": trigger.workflow_id,
    }
    text = json.dumps({"trigger": described, **data})
    await connection.execute(EMIT, name, trigger.id, text, trigger.workflow_id)


def _text(at: Any) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")
