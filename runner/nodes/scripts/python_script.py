"""script.python: code for a Python of its own process."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from runner.nodes.base import NodeFailure
from runner.nodes.scripts.running import ScriptConfig, ScriptNode


class PythonConfig(ScriptConfig):
    """Config of script.python."""

    code: str = Field(
        min_length=1,
        max_length=200_000,
        title="Code",
        description="Reads json.load(sys.stdin) and sys.argv[1:]; what it prints is the output.",
        json_schema_extra={"format": "python"},
    )
    interpreter: str | None = Field(
        default=None,
        min_length=1,
        title="Interpreter",
        description="Name or path of another Python; none: the runner's, with the packages that it has.",
    )


class PythonScript(ScriptNode[PythonConfig]):
    """script.python; see `ScriptNode` for what comes out."""

    type = "script.python"
    title = "Python script"
    help = "Runs Python code in a process of its own, if the runner allows scripts."
    icon = "brand-python"
    config = PythonConfig
    example: ClassVar[dict[str, Any]] = {
        "code": "import json, sys\n\ngiven = json.load(sys.stdin)\nprint(json.dumps({'total': sum(given['prices'])}))",
        "input": {"prices": [1, 2]},
    }

    def command(self, config: PythonConfig, script: Path) -> Sequence[str]:
        """Isolated from the account's own Python settings, and writing as it goes."""
        program = sys.executable if config.interpreter is None else shutil.which(config.interpreter)
        if program is None:
            raise NodeFailure(
                "SCRIPT_PROGRAM_MISSING", f"There is no program {config.interpreter}; install it or correct the name."
            )
        return [program, "-I", "-u", "-X", "utf8", str(script), *config.arguments]

    def suffix(self, config: PythonConfig) -> str:  # noqa: ARG002 - the contract's signature
        """Python's."""
        return ".py"


NODES = (PythonScript,)
