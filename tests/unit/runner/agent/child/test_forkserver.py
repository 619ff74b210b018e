import os
import socket
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the fork server is for Linux")


def test_the_fork_server_has_one_thread_and_no_grpc() -> None:
    """A forked process inherits locks that other threads hold; grpc hangs in it."""
    program = """
import os, sys
import runner.agent.child.forkserver
from runner.agent import graph_run
graph_run.warm_up()
print(len(os.listdir("/proc/self/task")), any(name.partition(".")[0] == "grpc" for name in sys.modules))
"""
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["1", "False"]


def test_the_fork_server_ends_quietly_with_an_agent_that_left_a_message_unread() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-m", "runner.agent.child.forkserver", str(theirs.fileno()), str(os.getpid())]
    with theirs, subprocess.Popen(command, pass_fds=[theirs.fileno()], stderr=subprocess.PIPE, text=True) as server:
        work, _ = socket.socketpair()
        with work, _:
            socket.send_fds(ours, [b"fork"], [work.fileno()])
            assert ours.recv(100, socket.MSG_PEEK)  # it is there, and stays unread
            ours.close()
        _, told = server.communicate(timeout=30)
    assert (server.returncode, told) == (0, "")
