"""The guides of the documentation, done word for word against a running Hub.

A guide's blocks are taken in order. `sh` is run, all of a guide in one shell, which ends at the first command that
fails; `output` behind it says what it must have printed: every line, with … for anything. A block with `file=NAME` is
saved under that name before anything runs. Other blocks (yaml, text, …) are to be read. `EXEKRA_URL`,
`EXEKRA_API_KEY` and `EXEKRA_CA` are set. What a guide leaves running is killed.
"""

import asyncio
import os
import re
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pytest

from services.gateway.pages.guides import GUIDES, read_guide
from services.gateway.pages.markdown import Block, blocks_of
from tests.e2e.integrator import Integrator
from tests.e2e.terminal import environment_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECONDS = 100
MARK = "=== block "


@dataclass
class Steps:
    """One guide as a script: the shell's blocks, and what each must print."""

    scripts: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def script(self) -> str:
        """Blocks one after the other, each announced."""
        parts = [f'echo "{MARK}{number}"\n{text}' for number, text in enumerate(self.scripts)]
        return "set -eu\n" + "\n".join(parts)

    def check(self, printed: str) -> None:
        """Every expected line, in order, in the output of its own block."""
        outputs = re.split(rf"^{MARK}\d+\n", printed, flags=re.MULTILINE)[1:]
        assert len(outputs) == len(self.scripts), f"the guide stopped early:\n{printed}"
        for wanted, output in zip(self.expected, outputs, strict=True):
            position = 0
            for line in wanted.splitlines():
                pattern = ".*".join(map(re.escape, line.strip().split("…")))
                found = re.compile(pattern).search(output, position)
                assert found, f"{line!r} is not in what was printed:\n{output}"
                position = found.end()


def steps_of(blocks: Sequence[Block], folder: Path) -> Steps:
    steps = Steps()
    for block in blocks:
        if block.file:
            (folder / block.file).write_text(block.text)
        elif block.language == "sh":
            steps.scripts.append(block.text)
            steps.expected.append("")
        elif block.language == "output":
            steps.expected[-1] = block.text
    return steps


@pytest.mark.parametrize("name", GUIDES)
async def test_a_guide_does_what_it_says(hub: Integrator, tmp_path: Path, name: str) -> None:
    steps = steps_of(blocks_of(read_guide(name)), tmp_path)
    assert steps.scripts
    # A file, because a receiver that is left running would keep a pipe open.
    printed = tmp_path / "printed.txt"
    with printed.open("wb") as output:
        status = await _run(steps.script(), tmp_path, environment_of(hub), output)
    assert status == 0, printed.read_text()
    steps.check(printed.read_text())


async def _run(script: str, folder: Path, environment: dict[str, str], output: IO[bytes]) -> int:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("EXEKRA_", "XDG_"))}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    process = await asyncio.create_subprocess_exec(
        "bash",
        "-c",
        script,
        env={**kept, **environment, "HOME": str(folder), "PATH": path},
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=output,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        return await asyncio.wait_for(process.wait(), SECONDS)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
