"""Keeps what a suspended execution needs to go on, and the questions it asks. In the transaction that suspends it."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from services.kit.ids import new_id
from services.scheduler.continuations import repository
from services.scheduler.executions.lifecycle import Event
from services.scheduler.executions.model import Change, Suspension, Wait

if TYPE_CHECKING:
    from services.kit.postgres import Connection

ASK = """INSERT INTO approval (id, execution_id, node_id, attempt_id, title, message, data, deciders, four_eyes,
 on_timeout, expires_at)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now() + make_interval(secs => $11))
 ON CONFLICT (execution_id, node_id) DO NOTHING RETURNING true"""
IS_DECIDED = "SELECT decision IS NOT NULL FROM approval WHERE execution_id = $1 AND node_id = $2"
EMIT = "SELECT emit_event('approval.requested', 'approval', $1, $2, $3::json, $4)"
WORKFLOW = "SELECT workflow_id FROM execution WHERE id = $1"

DEFAULT_TIMEOUT_SECONDS = 7 * 86_400.0
MAXIMUM_TIMEOUT_SECONDS = 366 * 86_400.0
MAXIMUM_TITLE = 200
MAXIMUM_MESSAGE = 10_000


async def keep_suspension(connection: "Connection", change: Change, suspension: Suspension) -> Change | None:
    """Stores where the execution goes on, and asks. A change when one of the questions was answered already.

    That is so when an answer came while another branch was at work.
    """
    assert change.attempt_id is not None
    now = datetime.fromtimestamp(await connection.fetchval(repository.NOW), UTC).timestamp()
    waits = json.dumps([_wait_document(wait, now) for wait in suspension.waits]).encode()
    variables = b"[" + (suspension.variables or b"{}") + b"]"
    await repository.suspend(connection, change.execution_id, change.attempt_id, variables, waits)
    answered = False
    for wait in suspension.waits:
        if wait.is_approval and not await _ask(connection, change, wait):
            answered = answered or bool(await connection.fetchval(IS_DECIDED, change.execution_id, wait.node_id))
    if not answered:
        return None
    return Change(change.execution_id, Event.RESUME, change.status, ready_in_seconds=0.0)


def _wait_document(wait: Wait, now: float) -> dict[str, Any]:
    until = None if wait.seconds is None else now + wait.seconds
    return {"nodeId": wait.node_id, "until": until, "request": None if wait.is_approval else _json(wait.request)}


async def _ask(connection: "Connection", change: Change, wait: Wait) -> bool:
    """False when this node of this execution has asked before."""
    asked = _json(wait.request)
    question: dict[str, Any] = asked if isinstance(asked, dict) else {}
    identifier = new_id()
    deciders = question.get("deciders")
    title = _text(question.get("title"), MAXIMUM_TITLE) or wait.node_id
    new = await connection.fetchval(
        ASK,
        identifier,
        change.execution_id,
        wait.node_id,
        change.attempt_id,
        title,
        _text(question.get("message"), MAXIMUM_MESSAGE),
        json.dumps(question.get("data")).encode(),
        [_text(each, MAXIMUM_TITLE) for each in deciders] if isinstance(deciders, list) else [],
        question.get("fourEyes") is True,
        "APPROVED" if question.get("onTimeout") == "approve" else "REJECTED",
        _seconds(question.get("timeoutSeconds")),
    )
    if not new:
        return False
    workflow_id = await connection.fetchval(WORKFLOW, change.execution_id)
    data = {"approvalId": identifier, "executionId": change.execution_id, "nodeId": wait.node_id, "title": title}
    await connection.execute(EMIT, identifier, f"execution:{change.execution_id}", json.dumps(data), workflow_id)
    return True


def _json(data: bytes) -> Any:
    """A runner's document; one that is none is nothing."""
    try:
        return json.loads(data or b"null")
    except ValueError:
        return None


def _text(value: Any, most: int) -> str:
    return value.replace("\x00", "\ufffd")[:most] if isinstance(value, str) else ""


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return DEFAULT_TIMEOUT_SECONDS
    return min(max(float(value), 0.0), MAXIMUM_TIMEOUT_SECONDS)
