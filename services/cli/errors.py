"""Why a command ended, as an exit status and a sentence that says what to do."""

from collections.abc import Sequence

OK = 0
FAILED = 1
USAGE = 2
NOT_FOUND = 3
REFUSED = 4
UNREACHABLE = 5
NOT_COMPLETED = 6


class CliError(Exception):
    """Ends the command. `details` are further lines; `reason` is the Hub's own word where it gave one."""

    def __init__(self, message: str, exit_code: int = FAILED, *, reason: str = "", details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code
        self.reason = reason
        self.details = tuple(details)


def usage(message: str) -> CliError:
    """The command was called wrongly."""
    return CliError(message, USAGE)
