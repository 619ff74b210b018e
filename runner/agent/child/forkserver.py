"""A process with one thread that has imported all nodes and forks a ready execution process on demand (Linux).

It never imports grpc: forking a process with grpc's threads hangs. It talks with the agent over a SOCK_SEQPACKET
socket: `fork` with a descriptor in, `{"forked": pid}` or `{"exited": pid, "status": code}` out. It ends with the agent.
"""

import ctypes
import gc
import json
import os
import select
import signal
import socket
import sys
from contextlib import suppress
from typing import NoReturn

from runner.agent import graph_run
from runner.agent.child import main as child_main

_PR_SET_PDEATHSIG = 1
_MESSAGE_BYTES = 4096


def die_with_parent(parent: int) -> None:
    """Ask the kernel to kill this process when its parent ends; ends at once when that has happened already."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def serve(control: socket.socket) -> None:
    """Fork on request until the agent closes the socket. Raises ConnectionError when it ended with messages unread."""
    woken, wake = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, _wake_only)
    heard = control.fileno()
    while True:
        ready, _, _ = select.select([heard, woken], [], [])
        if woken in ready:
            os.read(woken, _MESSAGE_BYTES)
            _report_exits(control)
        if heard in ready and not _answer(control, (woken, wake)):
            return


def _answer(control: socket.socket, wake_pipe: tuple[int, int]) -> bool:
    message, descriptors, _, _ = socket.recv_fds(control, _MESSAGE_BYTES, 1)
    if not message:
        return False
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        _become_child(control, descriptors[0], wake_pipe, parent)
    os.close(descriptors[0])
    control.send(json.dumps({"forked": pid}).encode())
    return True


def _become_child(control: socket.socket, descriptor: int, wake_pipe: tuple[int, int], parent: int) -> NoReturn:
    status = 1
    try:
        die_with_parent(parent)
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        control.close()
        for end in wake_pipe:
            os.close(end)
        child_main.run(socket.socket(fileno=descriptor))
        status = 0
    finally:
        os._exit(status)


def _report_exits(control: socket.socket) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        code = os.waitstatus_to_exitcode(status)
        control.send(json.dumps({"exited": pid, "status": code}).encode())


def _wake_only(_signal: int, _frame: object) -> None:
    """A signal that must neither end this process nor stay ignored in the programs it starts."""


def main() -> None:
    """`python -m runner.agent.child.forkserver DESCRIPTOR AGENT_PID`."""
    control = socket.socket(fileno=int(sys.argv[1]))
    die_with_parent(int(sys.argv[2]))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _wake_only)
    graph_run.warm_up()
    gc.collect()
    gc.freeze()
    with suppress(ConnectionError):  # an agent that was killed, or left before it had read of every exit
        serve(control)


if __name__ == "__main__":
    main()
