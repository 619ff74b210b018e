"""Installs, removes and asks the service of this system: writes files, runs the system's own commands."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from runner.service import launchd, systemd, windows_task
from runner.service.definition import Definition, ServiceError, Steps

COMMAND_SECONDS = 60.0
NOT_FOUND = 127

Run = Callable[[Sequence[str]], tuple[int, str]]
"""A command → its exit code and what it said."""


def steps_for(service: Definition, platform: str = sys.platform) -> Steps:
    """What this system needs. Raises ServiceError where no such service is known."""
    if platform == "linux":
        return systemd.steps(service, Path.home())
    if platform == "darwin":
        return launchd.steps(service, Path.home())
    if platform == "win32":
        return windows_task.steps(service)
    raise ServiceError(
        f"No service is known for this system ({platform}). Start `exekra-runner run` at log-on yourself."
    )


def run_command(command: Sequence[str]) -> tuple[int, str]:
    """Run it; a program that is not there answers `NOT_FOUND`."""
    try:
        done = subprocess.run(  # noqa: S603 - the system's own programs, with our arguments
            command, capture_output=True, text=True, errors="replace", timeout=COMMAND_SECONDS, check=False
        )
    except FileNotFoundError:
        return NOT_FOUND, f"{command[0]} is not there."
    except subprocess.TimeoutExpired:
        return 1, f"{command[0]} did not answer within {COMMAND_SECONDS:.0f} s."
    return done.returncode, (done.stdout + done.stderr).strip()


def install(steps: Steps, run: Run = run_command) -> None:
    """Write the files and start the service; what was there is replaced. Raises ServiceError."""
    for path, content in steps.files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_private(path, content)
        except OSError as error:
            raise ServiceError(f"{path} cannot be written: {error.strerror}.") from None
    for command in steps.replace:
        run(command)  # fails where nothing was installed, which is fine
    for command in steps.install:
        code, said = run(command)
        if code:
            raise ServiceError(f"`{' '.join(command)}` failed ({code}): {said} The files are written; see `status`.")


def remove(steps: Steps, run: Run = run_command) -> list[Path]:
    """Stop the service and remove its files; returns those that were there."""
    there = [path for path in steps.files if path.exists()]
    if there:
        for command in steps.remove:
            run(command)  # one that is stopped already must be removable
    for path in there:
        path.unlink()
    for command in steps.removed:
        run(command)
    return there


def _write_private(path: Path, content: str) -> None:
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    encoding = "utf-16" if path.suffix == ".xml" else "utf-8"
    with os.fdopen(descriptor, "w", encoding=encoding, newline="") as file:
        file.write(content)
    fresh.replace(path)
