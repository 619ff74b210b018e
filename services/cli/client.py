"""The client package as commands use it: the stored sign-in's Hub, and what goes wrong as exit statuses."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.cli.errors import FAILED, NOT_FOUND, REFUSED, UNREACHABLE, USAGE, CliError
from services.cli.profile import Profile
from services.client import (
    AddressError,
    ApiKey,
    AuthorityError,
    Hub,
    HubError,
    NoneNamedError,
    NotFound,
    NotSignedIn,
    Problem,
    Retry,
    SessionCookie,
    Unavailable,
    UnreachableError,
    UntrustedError,
)

PATIENCE = Retry(attempts=3)
"""Somebody sits in front of it."""


@asynccontextmanager
async def connected(profile: Profile, patience: Retry = PATIENCE) -> AsyncIterator[Hub]:
    """A Hub to call while the block runs. Raises CliError."""
    try:
        async with Hub(profile.url, _credential(profile), authority=profile.authority, retry=patience) as hub:
            yield hub
    except HubError as error:
        raise as_cli_error(error, profile.url) from None


def as_cli_error(error: HubError, url: str) -> CliError:
    """The exit status an error means, with a sentence on what to do."""
    match error:
        case Problem():
            return _refusal(error)
        case UntrustedError():
            return CliError(
                f"The certificate of {url} is not trusted. Name the Hub's authority (tls/ca.pem in its data folder): "
                f"exekra login {url} --ca FILE",
                UNREACHABLE,
                details=[str(error)],
            )
        case UnreachableError():
            return CliError(
                f"No Hub answers at {url}. Start one with `exekra up`, or name another with EXEKRA_URL.",
                UNREACHABLE,
                details=[str(error)],
            )
        case AddressError():
            return CliError(str(error), USAGE)
        case AuthorityError():
            return CliError(str(error), REFUSED)
        case NoneNamedError():
            return CliError(str(error), NOT_FOUND)
    return CliError(str(error))


def _credential(profile: Profile) -> ApiKey | SessionCookie | None:
    if profile.api_key:
        return ApiKey(profile.api_key)
    if profile.session:
        return SessionCookie(profile.cookie, profile.session, profile.csrf_token)
    return None


def _refusal(problem: Problem) -> CliError:
    details = [f"{wrong.pointer}: {wrong.detail}" for wrong in problem.errors]
    obstacles = problem.document.get("obstacles") or ()
    details += [str(obstacle.get("message") or obstacle.get("code")) for obstacle in obstacles]
    message = problem.detail
    if isinstance(problem, NotSignedIn):
        message += " Sign in with: exekra login"
    return CliError(message, _exit_code(problem), reason=problem.reason, details=details)


def _exit_code(problem: Problem) -> int:
    if isinstance(problem, NotFound):
        return NOT_FOUND
    if isinstance(problem, Unavailable):
        return UNREACHABLE
    return REFUSED if 400 <= problem.status < 500 else FAILED
