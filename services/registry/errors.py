"""The registry's refusals."""

from services.kit.errors import DomainError, FieldError, Kind, invalid, not_found


def field_invalid(pointer: str, detail: str) -> DomainError:
    """One field of a request is wrong."""
    return invalid("The request has a field that is not valid.", FieldError(pointer, detail))


def runner_not_found() -> DomainError:
    """No such runner."""
    return not_found("RUNNER_NOT_FOUND", "runner")


def name_taken(name: str) -> DomainError:
    """Another runner has the name."""
    return DomainError(
        Kind.EXISTS,
        "NAME_TAKEN",
        f"There is a runner called {name!r} already. Choose another name.",
        fields=[FieldError("/name", "Choose a name that no other runner has.")],
    )


def runner_busy() -> DomainError:
    """Work goes on on the runner."""
    return DomainError(
        Kind.WRONG_STATE,
        "RUNNER_BUSY",
        "An execution runs on this runner. Drain it and wait until it is done, or stop the execution.",
    )


def pairing_token_invalid() -> DomainError:
    """Unknown, used and expired tokens answer alike."""
    return DomainError(
        Kind.UNAUTHENTICATED,
        "PAIRING_TOKEN_INVALID",
        "This pairing token is unknown, used or expired. Ask an administrator of the Hub for a new pairing command.",
    )


def credentials_invalid() -> DomainError:
    """Unknown key, wrong secret, or a secret that was replaced."""
    return DomainError(
        Kind.UNAUTHENTICATED,
        "CREDENTIALS_INVALID",
        "The machine key or secret is not valid (any more). Pair this runner again.",
    )


def runner_disabled() -> DomainError:
    """An administrator has disabled the runner."""
    return DomainError(
        Kind.FORBIDDEN, "RUNNER_DISABLED", "This runner is disabled. An administrator of the Hub can enable it."
    )


def protocol_unsupported(spoken: int) -> DomainError:
    """The runner is older than this Hub can speak to."""
    return DomainError(
        Kind.WRONG_STATE,
        "PROTOCOL_UNSUPPORTED",
        f"This Hub speaks the runner protocol {spoken}. Update the runner to the Hub's version.",
        facts={"protocol": spoken},
    )


def unauthenticated() -> DomainError:
    """No session token, an expired or a foreign one."""
    return DomainError(
        Kind.UNAUTHENTICATED, "UNAUTHENTICATED", "The session token is missing or expired. Authenticate again."
    )


def stale_session() -> DomainError:
    """Another connection of the same runner took over, or the Hub does not know this one."""
    return DomainError(Kind.SUPERSEDED, "STALE_SESSION", "This session is over. Say Hello again.")


def already_connected() -> DomainError:
    """Another machine with the same identity answers."""
    return DomainError(
        Kind.WRONG_STATE,
        "ALREADY_CONNECTED",
        "Another machine is connected with this runner's identity. Pair this machine as a runner of its own.",
    )


def hello_missing() -> DomainError:
    """A heartbeat stream begins with Hello."""
    return invalid("The first message of a heartbeat stream is Hello.", FieldError("/hello", "Send Hello first."))


def hello_refused(reason: str) -> DomainError:
    """The scheduler cannot take up this runner's session as it was told."""
    return DomainError(
        Kind.WRONG_STATE,
        "HELLO_REFUSED",
        "The Hub could not open this runner's session. The scheduler's log says why.",
        facts={"cause": reason},
    )
