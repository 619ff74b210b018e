"""Refusals about work queues and their items. Reasons are part of the contract."""

from collections.abc import Sequence

from services.kit.errors import DomainError, FieldError, Kind, invalid, not_found
from services.scheduler.queues.lifecycle import ItemStatus

STATUS_WORDS = {
    ItemStatus.NEW: "waits to be taken",
    ItemStatus.IN_PROGRESS: "is in progress",
    ItemStatus.SUCCESSFUL: "was done",
    ItemStatus.FAILED: "has failed",
    ItemStatus.BUSINESS_FAILED: "was rejected",
    ItemStatus.LOST: "is lost",
    ItemStatus.EXPIRED: "has expired",
}


def queue_not_found() -> DomainError:
    """Unknown, deleted, or not to be seen."""
    return not_found("QUEUE_NOT_FOUND", "work queue")


def named_queue_not_found(name: str) -> DomainError:
    """A workflow names a queue that there is not."""
    message = f"There is no work queue {name[:200]!r}. Make it first, or correct the name."
    return DomainError(Kind.NOT_FOUND, "QUEUE_NOT_FOUND", message)


def queue_name_taken(name: str) -> DomainError:
    """Names are unique, whatever their case."""
    return DomainError(
        Kind.EXISTS,
        "NAME_TAKEN",
        f"There is a work queue {name!r} already. Choose another name.",
        fields=[FieldError("/name", "Choose a name that no other queue has.")],
    )


def queue_changed() -> DomainError:
    """Somebody else changed it since the caller looked."""
    return DomainError(
        Kind.CHANGED, "QUEUE_CHANGED", "The queue was changed meanwhile. Load it again, then save your changes."
    )


def queue_in_use(items: int) -> DomainError:
    """Work would be forgotten."""
    return DomainError(
        Kind.WRONG_STATE,
        "QUEUE_IN_USE",
        f"{items} items of the queue wait, are in progress or lost. Finish them, or delete the queue with force.",
        facts={"items": items},
    )


def queue_field_invalid(pointer: str, detail: str) -> DomainError:
    """One member of a request is wrong."""
    return invalid("The request has a member that is not valid.", FieldError(pointer, detail))


def schema_invalid(message: str, pointer: str = "") -> DomainError:
    """What was given cannot judge payloads."""
    return invalid(message, FieldError(f"/payloadSchema{pointer}", message), reason="SCHEMA_INVALID")


def payload_invalid(fields: Sequence[FieldError]) -> DomainError:
    """Payloads do not fit the queue."""
    message = "The payload does not fit what the queue asks for. Correct the fields named."
    return invalid(message, *fields, reason="PAYLOAD_INVALID")


def reference_taken(reference: str, item_id: str) -> DomainError:
    """The queue wants references to be unique."""
    return DomainError(
        Kind.EXISTS,
        "REFERENCE_TAKEN",
        f"The queue has an item with the reference {reference!r} already.",
        fields=[FieldError("/reference", "Give a reference that no other item of the queue has.")],
        facts={"itemId": item_id},
    )


def item_not_found() -> DomainError:
    """Unknown, deleted, or of another queue."""
    return not_found("ITEM_NOT_FOUND", "work item")


def item_not_waiting(status: ItemStatus) -> DomainError:
    """Only what waits can be postponed."""
    return _wrong("ITEM_NOT_WAITING", status, "Only items that wait can be changed.")


def item_not_retryable(status: ItemStatus) -> DomainError:
    """It waits, is at work, or was done."""
    return _wrong("ITEM_NOT_RETRYABLE", status, "Only failed, rejected, lost and expired items can be tried again.")


def item_not_lost(status: ItemStatus) -> DomainError:
    """There is nothing to decide."""
    return _wrong("ITEM_NOT_LOST", status, "Only what became of a lost item is decided by a person.")


def item_in_progress() -> DomainError:
    """Somebody works on it."""
    return _wrong("ITEM_IN_PROGRESS", ItemStatus.IN_PROGRESS, "Stop the execution that has it, then delete it.")


def attempt_over() -> DomainError:
    """The runner may not act for this attempt (any more)."""
    return not_found("ATTEMPT_NOT_FOUND", "attempt of an execution on this runner")


def item_released() -> DomainError:
    """The answer to the first request got lost, and the item was given up before the second came."""
    return DomainError(
        Kind.SUPERSEDED, "ITEM_RELEASED", "The item this node run had taken was given up meanwhile. Take another one."
    )


def item_not_held() -> DomainError:
    """Another handling has it."""
    return DomainError(
        Kind.SUPERSEDED,
        "ITEM_NOT_HELD",
        "This execution does not have the item (any more): it was given up, and others may have taken it since.",
    )


def item_settled(status: ItemStatus) -> DomainError:
    """It was settled otherwise."""
    message = f"How the handling of this item ended was said already: it {STATUS_WORDS[status]}."
    return DomainError(Kind.WRONG_STATE, "ITEM_SETTLED", message, facts={"status": status})


def _wrong(reason: str, status: ItemStatus, advice: str) -> DomainError:
    message = f"The item {STATUS_WORDS[status]}. {advice}"
    return DomainError(Kind.WRONG_STATE, reason, message, facts={"status": status})
