"""Keeps what a suspended execution needs to go on, and the questions it asks. In the transaction that suspends it."""

import json
from typing import TYPE_CHECKING, Any

from services.scheduler.continuations import approval_repository, repository
from services.scheduler.continuations.approval_model import Decision, Question
from services.scheduler.continuations.model import Suspension, Wait
from services.scheduler.executions.lifecycle import Event
from services.scheduler.executions.model import Change

if TYPE_CHECKING:
    from services.kit.postgres import Connection

DEFAULT_TIMEOUT_SECONDS = 7 * 86_400.0
MAXIMUM_TIMEOUT_SECONDS = 366 * 86_400.0
MAXIMUM_TITLE = 200
MAXIMUM_MESSAGE = 10_000


async def keep_suspension(connection: "Connection", change: Change, suspension: Suspension) -> Change | None:
    """Stores where the execution goes on, and asks. A change when one of the questions was answered already.

    That is so when an answer came while another branch was at work.
    """
    assert change.attempt_id is not None
    now: float = await connection.fetchval(repository.NOW)
    waits = json.dumps([_wait_document(wait, now) for wait in suspension.waits]).encode()
    variables = b"[" + (suspension.variables or b"{}") + b"]"
    await repository.suspend(connection, change.execution_id, change.attempt_id, variables, waits)
    answered = [
        await approval_repository.ask(connection, change.execution_id, change.attempt_id, _question(wait))
        for wait in suspension.waits
        if wait.is_approval
    ]
    if not any(answered):
        return None
    return Change(change.execution_id, Event.RESUME, change.status, ready_in_seconds=0.0)


def _wait_document(wait: Wait, now: float) -> dict[str, Any]:
    until = None if wait.seconds is None else now + wait.seconds
    return {"nodeId": wait.node_id, "until": until, "request": None if wait.is_approval else _json(wait.request)}


def _question(wait: Wait) -> Question:
    """The question in what a runner wrote, which may be anything."""
    asked = _json(wait.request)
    document: dict[str, Any] = asked if isinstance(asked, dict) else {}
    deciders = document.get("deciders")
    return Question(
        node_id=wait.node_id,
        title=_text(document.get("title"), MAXIMUM_TITLE) or wait.node_id,
        message=_text(document.get("message"), MAXIMUM_MESSAGE),
        data=json.dumps(document.get("data")).encode(),
        deciders=tuple(_text(each, MAXIMUM_TITLE) for each in deciders) if isinstance(deciders, list) else (),
        four_eyes=document.get("fourEyes") is True,
        on_timeout=Decision.APPROVED if document.get("onTimeout") == "approve" else Decision.REJECTED,
        timeout_seconds=_seconds(document.get("timeoutSeconds")),
    )


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
