"""The command `exekra-runner record`: records until the window is closed, judges the workflow and writes it down."""

import asyncio
import json
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

import typer

from runner.nodes.browser import program
from runner.nodes.registry import declarations
from runner.recorder.folding import fold
from runner.recorder.workflow import Recorded, workflow_of
from runner.workflow.validation import validate_document

STARTED: Final = (
    "Recording. Do in the browser what the workflow shall do; close its window, or press Ctrl-C here, to end."
)
Tell = Callable[[str], None]


EXIT_REFUSED: Final = 4


class RecordingError(Exception):
    """Nothing was recorded; the message says what to do."""


def record_workflow(
    url: Annotated[str, typer.Argument(help="The page to begin at.")],
    output: Annotated[Path | None, typer.Option(help="The file to write; it must not exist yet.")] = None,
    headless: Annotated[bool, typer.Option("--headless", help="Without a window, for tests.")] = False,
) -> None:
    """Turn what you do in a browser into a workflow. Passwords are not recorded: they come from a credential."""
    try:
        url = checked_url(url)
        target = target_for(url, output)
        save(asyncio.run(record(url, headless=headless, tell=typer.echo)), target, typer.echo)
    except RecordingError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_REFUSED) from None


def checked_url(text: str) -> str:
    """The address to begin at; `https://` is added where no scheme is given. Raises RecordingError."""
    url = text if "://" in text else f"https://{text}"
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https", "file"} or not (parts.hostname or parts.scheme == "file"):
        raise RecordingError(f"{text!r} is no address of a page; write for instance https://example.com.")
    if parts.username or parts.password:
        raise RecordingError("Leave user and password out of the address: they would stand in the workflow.")
    return url


def target_for(url: str, output: Path | None) -> Path:
    """The file to write, which must not exist yet. Raises RecordingError before anything is recorded for nothing."""
    if output is None:
        host = urlsplit(url).hostname or "page"
        output = Path(f"recorded-{host}-{datetime.now().astimezone():%Y%m%d-%H%M%S}.json")
    if output.exists():
        raise RecordingError(f"{output} exists already; choose another file by --output.")
    if not output.absolute().parent.is_dir():
        raise RecordingError(f"{output.absolute().parent} is no folder; make it first, or choose another one.")
    return output


async def record(url: str, *, headless: bool, tell: Tell) -> Recorded:
    """Record until the browser is closed or the task is cancelled. Raises RecordingError when it cannot begin."""
    problem = program.missing()
    path = program.find_program()
    if problem is not None or path is None:
        raise RecordingError(f"{problem}.")
    # The library takes half a second, and it may be missing.
    from playwright.async_api import Error as PlaywrightError  # noqa: PLC0415

    from runner.recorder.session import recording  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="exekra-record-", ignore_cleanup_errors=True) as folder:
        try:
            async with recording(path, url, Path(folder), headless=headless) as recorder:
                tell(STARTED)
                try:
                    await recorder.wait_closed()
                except asyncio.CancelledError:
                    # Ctrl-C ends the recording, not the program: what was recorded is kept.
                    task = asyncio.current_task()
                    assert task is not None
                    task.uncancel()
                steps = fold(await recorder.happenings())
                return workflow_of(url, steps, dialogs=recorder.dialogs, missed=recorder.missed)
        except PlaywrightError as error:
            raise RecordingError(f"{url} cannot be recorded: {error.message.strip().splitlines()[0]}") from None


def save(recorded: Recorded, target: Path, tell: Tell) -> None:
    """Write the workflow, with what is still to be done. Raises RecordingError when it cannot be written."""
    document = json.dumps(recorded.graph, indent=2, ensure_ascii=False) + "\n"
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(document)
    except OSError as error:
        # An hour's recording must not be lost to a full disk.
        tell(document)
        raise RecordingError(f"{target} could not be written ({error.strerror}); the workflow stands above.") from None
    steps = len(recorded.graph["nodes"]) - 2
    tell(f"Recorded {steps} {'step' if steps == 1 else 'steps'} into {target}.")
    for remark in recorded.remarks:
        tell(f"- {remark}")
    _, problems = validate_document(recorded.graph, declarations())
    for problem in problems:
        tell(f"- {problem.severity}: {problem.message}")
    tell(f"Bring it into the Hub: exekra workflow import {target}")
