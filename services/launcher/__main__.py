"""`python -m services.launcher up|down`: run or stop a Hub on this host. Exits 0 ok, 1 failed, 2 usage, 4 refused."""

import sys

from pydantic import ValidationError

from services.launcher.console import write_out
from services.launcher.down import run_down
from services.launcher.settings import LauncherSettings
from services.launcher.up import EXIT_REFUSED, run_up

COMMANDS = {"up": run_up, "down": run_down}
EXIT_USAGE = 2


def main(arguments: list[str]) -> int:
    """Run the named command; the exit status."""
    if len(arguments) != 1 or arguments[0] not in COMMANDS:
        write_out((__doc__ or "").strip())
        return EXIT_USAGE
    try:
        settings = LauncherSettings()
    except ValidationError as error:
        for problem in error.errors():
            write_out(f"EXEKRA_{'_'.join(map(str, problem['loc'])).upper()}: {problem['msg']}")
        return EXIT_REFUSED
    return COMMANDS[arguments[0]](settings)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
