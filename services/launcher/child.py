"""The first instruction of every child: ask the kernel for a signal when the supervisor dies, then become the program.

Run as a file by an isolated interpreter (`python -I -S child.py PARENT SIGNAL PROGRAM ARGUMENT…`), so it imports
nothing of ours and costs a few milliseconds. The exec comes last: changing identity clears the request. Where the
kernel has no such request (macOS), the process files in the data folder do the work at the next start. It does not
change users or limits.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def tied_command(program: tuple[str, ...], death_signal: int) -> tuple[str, ...]:
    """The command that runs the program and sends it `death_signal` when the calling process dies."""
    return (sys.executable, "-I", "-S", __file__, str(os.getpid()), str(int(death_signal)), *program)


def become(parent: int, death_signal: int, program: list[str]) -> None:
    """Replace this process by the program, tied to the life of its parent."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) was refused")
        if os.getppid() != parent:  # it died before we could ask
            sys.exit(1)
    os.execvp(program[0], program)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    become(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
