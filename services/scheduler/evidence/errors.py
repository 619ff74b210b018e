"""Refusals about evidence. Reasons are part of the contract."""

from services.kit.errors import DomainError, FieldError, Kind, invalid, not_found


def execution_not_found() -> DomainError:
    """Unknown, or not to be seen."""
    return not_found("EXECUTION_NOT_FOUND", "execution")


def artifact_not_found() -> DomainError:
    """Unknown, not complete, or removed by retention."""
    return not_found("ARTIFACT_NOT_FOUND", "artifact")


def stale_attempt() -> DomainError:
    """The attempt is unknown, another runner's, or over for too long."""
    return DomainError(
        Kind.SUPERSEDED, "STALE_ATTEMPT", "The attempt is unknown, another runner's, or over for more than seven days."
    )


def artifact_too_large(limit: int) -> DomainError:
    """More bytes than the Hub keeps of one artifact."""
    return DomainError(
        Kind.TOO_LARGE,
        "ARTIFACT_TOO_LARGE",
        f"An artifact has at most {limit} bytes. Split it, or raise EXEKRA_ARTIFACT_MAX_BYTES.",
        facts={"limit": limit},
    )


def checksum_mismatch() -> DomainError:
    """What came is not what was announced; what was held is thrown away."""
    return DomainError(
        Kind.INVALID, "CHECKSUM_MISMATCH", "The bytes do not have the announced hash. Send the artifact from its start."
    )


def artifact_differs() -> DomainError:
    """An id names one content for ever."""
    return DomainError(
        Kind.EXISTS, "ARTIFACT_EXISTS", "There is another artifact under this id. Make a new id for each artifact."
    )


def wrong_offset(held: int) -> DomainError:
    """Chunks must go on where the Hub's bytes end."""
    return DomainError(
        Kind.WRONG_STATE,
        "OFFSET_MISMATCH",
        f"The Hub holds {held} bytes. Ask how many it holds, then go on there.",
        facts={"held": held},
    )


def bad_header(pointer: str, detail: str) -> DomainError:
    """The announcement cannot be right."""
    return invalid("The artifact's announcement is wrong.", FieldError(pointer, detail))


def unknown_topic(topic: str) -> DomainError:
    """Not a topic that can be watched."""
    return invalid(
        f"There is no topic {topic[:80]!r}.", FieldError("/topics", "Use executions, runners or execution:ID.")
    )
