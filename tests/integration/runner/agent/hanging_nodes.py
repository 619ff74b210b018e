"""Installs, by an entry point on PYTHONPATH, a node type that does all it can to outlive a stop."""

from pathlib import Path

_MODULE = '''
import os, subprocess, sys, time
from runner.nodes.base import NodeConfig, NodeType, Result

DEAF = "import signal, time; [signal.signal(number, signal.SIG_IGN) for number in (1, 2, 15)]; "
GRANDCHILD = DEAF + "time.sleep(600)"
DAEMON = DEAF + (
    "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', sys.argv[1]], start_new_session=True); "
    "print(child.pid, flush=True); time.sleep(600)"
)

class HangConfig(NodeConfig):
    pids_file: str

class Hang(NodeType[HangConfig]):
    """Blocks its process; its daemon and that one's child have left the session and the group, and hear no signal."""
    type = "test.hang"
    title = help = icon = "hang"
    config = HangConfig
    example = {"pidsFile": "pids"}

    async def run(self, config, context):
        arguments = [sys.executable, "-c", DAEMON, GRANDCHILD]
        daemon = subprocess.Popen(arguments, start_new_session=True, stdout=subprocess.PIPE)
        grandchild = int(daemon.stdout.readline())
        with open(config.pids_file + ".new", "w") as file:
            file.write(f"{os.getpid()} {daemon.pid} {grandchild}")
        os.replace(config.pids_file + ".new", config.pids_file)
        time.sleep(600)
        return Result()

NODES = (Hang,)
'''


def install(folder: Path) -> str:
    """Write the package; returns what PYTHONPATH must be."""
    facts = folder / "exekra_hanging_nodes-1.0.dist-info"
    facts.mkdir(parents=True)
    (folder / "exekra_hanging_nodes.py").write_text(_MODULE)
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: exekra-hanging-nodes\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[exekra.nodes]\nhanging = exekra_hanging_nodes\n")
    return str(folder)
