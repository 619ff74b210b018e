"""Which executions a request means: the members of a list's request and of a bulk action's filter, read alike."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from exekra.scheduler.v1 import execution_service_pb2 as pb
from services.kit.errors import FieldError, invalid
from services.kit.ids import is_id
from services.kit.paging import decode_cursor
from services.scheduler.executions.messages import instant, status_of
from services.scheduler.executions.repository.queries import Filter

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp

MAXIMUM_QUERY = 200


def filter_of(message: pb.ListExecutionsRequest | pb.ExecutionFilter, below: str = "") -> Filter:
    """Raises INVALID, which names the member `below` this pointer."""
    return Filter(
        workflow_id=_id(message.workflow_id, f"{below}/workflowId"),
        runner_id=_id(message.runner_id, f"{below}/runnerId"),
        statuses=[status for number in message.statuses if (status := status_of(number))],
        trigger_id=_id(message.trigger_id, f"{below}/triggerId"),
        created_from=instant_of(message, "from", f"{below}/from"),
        created_to=instant_of(message, "to", f"{below}/to"),
        query=_query(message.query, f"{below}/q"),
    )


def after_of(cursor: str) -> tuple[datetime, str] | None:
    """The last execution of the page before. Raises INVALID."""
    position = decode_cursor(cursor, "text", "id")
    if position is None:
        return None
    try:
        at = datetime.fromisoformat(position[0]).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _bad_cursor() from None
    return at, position[1]


def instant_of(message: Any, field: str, pointer: str) -> datetime | None:
    """None when the field is unset. Raises INVALID."""
    if not message.HasField(field):
        return None
    value: Timestamp = getattr(message, field)
    at = instant(value)
    if at is None:
        raise invalid("The time is out of range.", FieldError(pointer, "Give a time after 1970."))
    return at


def _id(text: str, pointer: str) -> str | None:
    if text and not is_id(text):
        raise invalid(f"{text[:40]!r} is no id.", FieldError(pointer, "Give an id."))
    return text or None


def _query(text: str, pointer: str) -> str | None:
    if len(text) > MAXIMUM_QUERY or "\x00" in text:
        raise invalid("The search text is too long.", FieldError(pointer, f"Give at most {MAXIMUM_QUERY} characters."))
    return text or None


def _bad_cursor() -> Exception:
    return invalid("The cursor is not one of ours.", FieldError("/cursor", "Use the nextCursor of the page before."))
