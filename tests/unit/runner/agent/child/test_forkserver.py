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
