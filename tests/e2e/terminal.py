"""The command `exekra` as somebody without a terminal types it, in a process of its own."""

import asyncio
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e.integrator import Integrator

SECONDS = 60


@dataclass(frozen=True)
class Terminal:
    """An account on some machine; `environment` goes with every command."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    async def __call__(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        """Exit status, standard output, standard error."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("EXEKRA_", "XDG_"))}
        process = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).with_name("exekra")),
            *arguments,
            env={**kept, "HOME": str(self.home), **self.environment, **environment},
            cwd=self.home,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, error = await asyncio.wait_for(process.communicate(), SECONDS)
        assert process.returncode is not None
        return process.returncode, output.decode(), error.decode()

    async def json(self, *arguments: str) -> Any:
        """What a command that succeeds prints with --json."""
        status, output, error = await self("--json", *arguments)
        assert status == 0, error
        return json.loads(output)


def environment_of(hub: Integrator) -> dict[str, str]:
    """What points the command, and everything else, to the running Hub with its administrator's key."""
    return {
        "EXEKRA_URL": hub.url,
        "EXEKRA_API_KEY": hub.key.removeprefix("Bearer "),
        "EXEKRA_CA": str(hub.under_test.running.authority),
    }
