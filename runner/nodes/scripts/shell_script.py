"""script.shell: commands for the shell of the runner's machine."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Final, Literal

from pydantic import Field

from runner.nodes.base import NodeFailure
from runner.nodes.scripts.running import ScriptConfig, ScriptNode

POWERSHELL: Final = "powershell"


class ShellConfig(ScriptConfig):
    """Config of script.shell."""

    code: str = Field(
        min_length=1,
        max_length=200_000,
        title="Commands",
        description="Values are its arguments ($1, $2, …) and JSON on its input; what it prints is the output.",
        json_schema_extra={"format": "code"},
    )
    shell: Literal["auto", "sh", "bash", "powershell"] = Field(
        default="auto", title="Shell", description="`auto` is sh, or PowerShell on Windows."
    )


class ShellScript(ScriptNode[ShellConfig]):
    """script.shell; see `ScriptNode` for what comes out."""

    type = "script.shell"
    title = "Shell script"
    help = "Runs shell commands in a process of their own, if the runner allows scripts."
    icon = "terminal-2"
    config = ShellConfig
    example: ClassVar[dict[str, Any]] = {
        "code": 'set -eu\nwc -l < "$1"\n',
        "arguments": ["orders.csv"],
    }

    def command(self, config: ShellConfig, script: Path) -> Sequence[str]:
        """The shell, the script's file and the arguments, each one word however it looks."""
        shell = _shell(config)
        program = shutil.which("pwsh") or shutil.which(POWERSHELL) if shell == POWERSHELL else shutil.which(shell)
        if program is None:
            raise NodeFailure("SCRIPT_PROGRAM_MISSING", f"There is no {shell} on this machine; choose another shell.")
        options = ["-NoProfile", "-NonInteractive", "-File"] if shell == POWERSHELL else []
        return [program, *options, str(script), *config.arguments]

    def suffix(self, config: ShellConfig) -> str:
        """PowerShell runs files of no other name."""
        return ".ps1" if _shell(config) == POWERSHELL else ".sh"


def _shell(config: ShellConfig) -> str:
    if config.shell != "auto":
        return config.shell
    return POWERSHELL if sys.platform == "win32" else "sh"


NODES = (ShellScript,)
