"""`exekra`: runs the command and turns what went wrong into a sentence and an exit status."""

import os
import sys
from collections.abc import Sequence

from services.cli.app import app
from services.cli.errors import FAILED, CliError
from services.cli.output import Output

JSON_FLAG = "--json"
INTERRUPTED = 130


def main() -> None:
    """The entry point; ends the process."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """The exit status of one command. `--json` may stand anywhere before `--`."""
    own, separator, rest = _split(arguments)
    as_json = JSON_FLAG in own
    if as_json:
        own = [JSON_FLAG, *(argument for argument in own if argument != JSON_FLAG)]
    try:
        app(args=[*own, *separator, *rest], prog_name="exekra")
    except CliError as error:
        Output(as_json).error(error)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read us has gone; the interpreter would complain once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else FAILED
    return 0


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
    if "--" not in arguments:
        return list(arguments), [], []
    place = list(arguments).index("--")
    return list(arguments[:place]), ["--"], list(arguments[place + 1 :])


if __name__ == "__main__":
    main()
