"""Refusals of the identity part, each with its reason."""

from services.kit.errors import DomainError, FieldError, Kind


def sign_in_first() -> DomainError:
    """No valid session or key."""
    return DomainError(
        Kind.UNAUTHENTICATED,
        "SIGN_IN_REQUIRED",
        "Sign in, or send a valid API key as `Authorization: Bearer exk_…`.",
    )


def wrong_credentials() -> DomainError:
    """Unknown user, wrong password or disabled user: nobody learns which."""
    return DomainError(Kind.UNAUTHENTICATED, "CREDENTIALS_WRONG", "The e-mail address or the password is wrong.")


def locked_out(seconds: int) -> DomainError:
    """Too many failures for this address."""
    return DomainError(
        Kind.EXHAUSTED,
        "LOGIN_LOCKED",
        f"Too many failed sign-ins for this address. Try again in {seconds} seconds or ask an administrator.",
        facts={"retryAfterSeconds": seconds},
    )


def permission_missing(permission: str) -> DomainError:
    """The caller's role or scopes do not include it."""
    return DomainError(Kind.FORBIDDEN, "PERMISSION_MISSING", f"This needs the permission {permission}.")


def csrf_refused(message: str) -> DomainError:
    """A state-changing call by cookie that does not prove that our own page made it."""
    return DomainError(Kind.FORBIDDEN, "CSRF_REFUSED", message)


def email_taken() -> DomainError:
    """Addresses are unique whatever their case."""
    return DomainError(
        Kind.EXISTS,
        "EMAIL_TAKEN",
        "There is a user with this e-mail address already.",
        fields=[FieldError("/email", "Choose another address.")],
    )


def last_admin() -> DomainError:
    """Somebody must be able to administer the Hub."""
    return DomainError(
        Kind.WRONG_STATE,
        "LAST_ADMIN",
        "This is the last enabled administrator. Make somebody else ADMIN first.",
    )
