"""What Python and shell scripts have in common: their config, how they are run, and what comes out."""

import asyncio
import json
import os
import secrets
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal, TypeVar

from pydantic import Field

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure, NodeType, Result
from runner.nodes.paths import file_errors
from runner.nodes.scripts.permission import missing
from runner.nodes.scripts.process import Ending, Job, TooMuchOutputError, run_process
from runner.nodes.scripts.told_lines import ToldLines
from runner.workflow.documents import DocumentError, Json, parse_document

OUTPUT_LIMIT: Final = 1024 * 1024
MAX_OUTPUT_LIMIT: Final = 64 * 1024 * 1024
CAPABILITY: Final = "scripts"


class ScriptConfig(NodeConfig):
    """Config of all scripts. Values reach the code as data only: it is never a template."""

    code: str = Field(min_length=1, max_length=200_000, title="Code", description="What is run.")
    arguments: list[Annotated[str, Field(pattern=r"^[^\x00]*$")]] = Field(
        default_factory=list,
        max_length=100,
        title="Arguments",
        description="Words after the script's name. Other accounts of the machine see them: no secrets here.",
    )
    input: Any = Field(default=None, title="Input", description="Any value; the script gets it as JSON on its input.")
    read_as: Literal["auto", "json", "text"] = Field(
        default="auto", title="Read as", description="What it prints; `auto` takes an object or a list as JSON."
    )
    expected_exit: list[int] = Field(
        default=[0], min_length=1, max_length=100, title="Expected exit codes", description="Others are a failure."
    )
    timeout_seconds: float = Field(
        default=300, gt=0, le=86_400, title="Timeout", description="Seconds until it is ended with all it started."
    )
    max_bytes: int = Field(
        default=OUTPUT_LIMIT, ge=1, le=MAX_OUTPUT_LIMIT, title="Largest output", description="In bytes; more fails."
    )


ScriptConfigT = TypeVar("ScriptConfigT", bound=ScriptConfig)


class ScriptNode(NodeType[ScriptConfigT]):
    """Output `{exitCode, json, text, errors}`: `json` or `text` is what it printed, the other is null.

    What it writes to its error output is logged line by line as it comes; `errors` is the end of that.
    """

    capabilities: ClassVar[tuple[str, ...]] = (CAPABILITY,)
    code_fields = frozenset({"code"})

    @abstractmethod
    def command(self, config: ScriptConfigT, script: Path) -> Sequence[str]:
        """The program and its words. Raises NodeFailure SCRIPT_PROGRAM_MISSING."""

    @abstractmethod
    def suffix(self, config: ScriptConfigT) -> str:
        """What the name of the script's file ends with."""

    async def run(self, config: ScriptConfigT, context: NodeContext) -> Result:
        """Run it once. Raises NodeFailure SCRIPT_*, SCRIPTS_NOT_ALLOWED."""
        problem = missing()
        if problem is not None:
            raise NodeFailure("SCRIPTS_NOT_ALLOWED", f"{problem}, or let another runner have this workflow.")
        script = context.workdir / f".script-{secrets.token_hex(6)}{self.suffix(config)}"
        lines = ToldLines(context)
        job = Job(
            command=self.command(config, script),
            folder=context.workdir,
            input=json.dumps(config.input, ensure_ascii=False).encode("utf-8", "replace"),
            most_output=config.max_bytes,
            seconds=config.timeout_seconds,
            tell=lines.feed,
        )
        try:
            await asyncio.to_thread(_write, script, config.code)
            ending = await _run(job)
        finally:
            lines.close()
            await asyncio.to_thread(script.unlink, missing_ok=True)
        if ending.status not in config.expected_exit:
            raise _failed(ending, lines)
        return Result({"exitCode": ending.status, **_printed(ending.output, config.read_as), "errors": lines.end()})


async def _run(job: Job) -> Ending:
    try:
        return await run_process(job)
    except TimeoutError as error:
        raise NodeFailure(
            "SCRIPT_TIMEOUT", f"The script did not end within {job.seconds:g} s and was ended.", retryable=True
        ) from error
    except TooMuchOutputError as error:
        raise NodeFailure(
            "SCRIPT_OUTPUT_TOO_LARGE",
            f"The script prints more than {job.most_output:,} bytes; raise 'Largest output', or let it write a file.",
        ) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise NodeFailure("SCRIPT_NOT_STARTED", f"{job.command[0]} cannot be started: {reason}.") from error


def _write(path: Path, code: str) -> None:
    with file_errors(path), os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(code.encode())


def _printed(output: bytes, read_as: str) -> dict[str, Json]:
    text = output.decode("utf-8", "replace")
    looks_like_json = text.lstrip()[:1] in ("{", "[")
    if read_as == "json" or (read_as == "auto" and looks_like_json):
        try:
            return {"json": parse_document(output, max_bytes=len(output) + 1), "text": None}
        except DocumentError as error:
            if read_as == "json":
                raise NodeFailure(
                    "SCRIPT_INVALID_JSON", f"The script does not print the JSON it should: {error.message}"
                ) from error
    return {"json": None, "text": text}


def _failed(ending: Ending, lines: ToldLines) -> NodeFailure:
    how = f"was ended by signal {-ending.status}" if ending.status < 0 else f"ended with exit code {ending.status}"
    said = lines.end()
    last = next((line for line in reversed(said.splitlines()) if line.strip()), "")
    return NodeFailure(
        "SCRIPT_FAILED",
        f"The script {how}{f': {last.strip()[:500]}' if last else ''}. Look at its lines in the log.",
        retryable=True,
        details={"exitCode": ending.status, "errors": said},
    )
