"""What a workflow tells people by its node `log.notify`: an event `execution.notice` for each, told once.

Owns what of such a node's output is believed. Who gets it, by webhook or by mail, is decided where all events are.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from services.scheduler.evidence.model import NodeEvent, NodeRunStatus

if TYPE_CHECKING:
    from services.kit.postgres import Connection

NODE_TYPE: Final = "log.notify"
TITLE_CHARACTERS: Final = 200
MESSAGE_CHARACTERS: Final = 10_000
LEVELS: Final = frozenset({"info", "warning", "error"})

TELL = """SELECT emit_event('execution.notice', 'execution', e.id::text, 'execution:' || e.id,
   json_build_object('execution', json_build_object('id', e.id, 'workflow',
                                                    json_build_object('id', e.workflow_id, 'name', e.workflow_name)),
                     'notice', told.notice::json),
   e.workflow_id, (SELECT d.labels FROM demand d WHERE d.id = e.demand_id))
  FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS told (execution_id, notice, place)
  JOIN execution e ON e.id = told.execution_id
 ORDER BY told.place"""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a workflow wants people to know; `document` is JSON `{title, message, level, nodeId, at}`."""

    execution_id: str
    document: str


def notices_in(execution_id: str, events: Iterable[NodeEvent]) -> list[Notice]:
    """Those that new events of one execution tell. What is no notice is left out: runners send what they like."""
    return [
        Notice(execution_id, json.dumps(document))
        for event in events
        if event.node_type == NODE_TYPE and event.status is NodeRunStatus.COMPLETED
        for document in _documents(event)
    ]


async def tell_notices(connection: "Connection", notices: Sequence[Notice]) -> None:
    """Emits them in their order, in the caller's transaction."""
    if notices:
        await connection.execute(TELL, [each.execution_id for each in notices], [each.document for each in notices])


def _documents(event: NodeEvent) -> Iterable[dict[str, Any]]:
    try:
        said = json.loads(event.output)
    except ValueError:
        return
    if isinstance(said, dict) and isinstance(said.get("title"), str):
        yield {
            "title": _told(said["title"], TITLE_CHARACTERS),
            "message": _told(said.get("message"), MESSAGE_CHARACTERS),
            "level": said["level"] if said.get("level") in LEVELS else "info",
            "nodeId": event.node_id,
            "at": event.at.isoformat().replace("+00:00", "Z"),
        }


def _told(text: Any, most: int) -> str:
    """As it may be stored: no NUL, no half surrogates, not longer than this."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:most] if isinstance(text, str) else ""
