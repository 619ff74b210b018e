"""Types commands for tests: the command's program, loaded once, forks for each, as a shell would start it anew.

Run as `python -m tests.e2e.typist SOCKET`; ends with its standard input. Each connection brings a request as JSON with
the three standard files, and is answered the exit status.
"""

import json
import os
import select
import signal
import socket
import sys
from typing import Any

from services.cli.__main__ import main

MOST_BYTES = 1_000_000


def serve(path: str) -> bool:
    """True in a process that has become the command; False when nobody needs commands any more."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        print("ready", flush=True)  # noqa: T201 - who started us waits for it
        while True:
            found, _, _ = select.select([listener, sys.stdin], [], [])
            if sys.stdin in found:
                return False
            connection, _ = listener.accept()
            with connection:
                if os.fork() == 0:
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    listener.close()
                    return answer(connection)


def answer(connection: socket.socket) -> bool:
    """Waits for the command and tells its end; True in the command's own process."""
    content, files, _, _ = socket.recv_fds(connection, MOST_BYTES, 3)
    child = os.fork()
    if child == 0:
        connection.close()
        become(json.loads(content), files)
        return True
    _, status = os.waitpid(child, 0)
    connection.sendall(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def become(request: dict[str, Any], files: list[int]) -> None:
    """Arguments, environment, folder and files as asked."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.argv = ["exekra", *request["arguments"]]


if __name__ == "__main__" and serve(sys.argv[1]):
    main()
