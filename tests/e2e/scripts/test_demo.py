"""`make demo` as a stranger runs it: in a process of its own, with a data folder that does not exist yet."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from services.launcher.ports import free_port, is_free

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

RUN_SECONDS = 180


class Demo:
    """The demo with a data folder and ports of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.ports = (free_port(), free_port())
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("EXEKRA_")} | {
            "EXEKRA_HOME": str(home),
            "EXEKRA_HTTPS_PORT": str(self.ports[0]),
            "EXEKRA_RUNNER_PORT": str(self.ports[1]),
        }

    def start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "scripts.demo"],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self) -> tuple[int, str]:
        """Exit status and everything it said."""
        with self.start() as process:
            said, _ = process.communicate(timeout=RUN_SECONDS)
            return process.returncode, said

    def leftovers(self) -> list[str]:
        """Processes that name the data folder, and ports that are still listened on."""
        running = [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]
        return [line for line in running if str(self.home) in line] + [
            f"port {port}" for port in self.ports if not is_free(port)
        ]


@pytest.fixture
def demo() -> Iterator[Demo]:
    with tempfile.TemporaryDirectory(prefix="exekra-demo-", dir="/tmp") as folder:
        yield Demo(Path(folder) / "home")


def test_the_demo_succeeds_twice_in_a_row_and_leaves_nothing_but_its_data(demo):
    for _ in range(2):
        status, said = demo.run()
        assert status == 0, said
        assert "equal an independent computation" in said
        assert "Add the region's sheet #5" in said
        assert "completed, try 3" in said
        assert demo.leftovers() == []


def test_an_interrupt_in_the_middle_stops_everything(demo):
    with demo.start() as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if "execution QUEUED" in line:
                process.send_signal(signal.SIGINT)
        status = process.wait(RUN_SECONDS)
    assert (status, said[-1].endswith("the demo was stopped\n")) == (1, True), said
    assert demo.leftovers() == []
