"""This machine: Python, settings, the runner's folder, its disk and its journal."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from runner.agent.doctor.finding import Finding, broken, fine, lacking
from runner.agent.identity import IDENTITY_NAME
from runner.agent.journal import JOURNAL_NAME
from runner.agent.settings import RunnerSettings, unknown_names

OLDEST_PYTHON = (3, 11)
_OTHERS = 0o077
MEBIBYTE = 2**20


def examine(settings: RunnerSettings) -> list[Finding]:
    """All of it. Makes the folder when it is not there."""
    home = settings.home
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        problem = f"The runner's folder {home} cannot be made: {error.strerror}."
        return [_python(), _settings(), broken("folder", problem, "Name another one by EXEKRA_RUNNER_HOME.")]
    return [_python(), _settings(), _folder(home), _disk(settings), _journal(home)]


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    where = f"Python {version} at {sys.executable}."
    if sys.version_info < OLDEST_PYTHON:
        return broken("python", where, "Install Python 3.11 or newer and the runner with it.")
    return fine("python", where)


def _settings() -> Finding:
    unknown = unknown_names()
    if unknown:
        problem = f"These names mean nothing: {', '.join(unknown)}."
        return broken("settings", problem, "Correct them or take them out of the environment.")
    return fine("settings", "No unknown names.")


def _folder(home: Path) -> Finding:
    if os.name != "nt":  # there, a profile's folders are private by inheritance
        for path in (home, home / IDENTITY_NAME):
            if path.exists() and path.stat().st_mode & _OTHERS:
                mode = "700" if path is home else "600"
                return lacking("folder", f"Others on this machine may read {path}.", f"chmod {mode} {path}")
    return fine("folder", f"{home} is private.")


def _disk(settings: RunnerSettings) -> Finding:
    free = shutil.disk_usage(settings.home).free
    message = f"{free // MEBIBYTE:,} MiB free at {settings.home}"
    if free >= settings.min_free_bytes:
        return fine("disk", f"{message}.")
    needed = settings.min_free_bytes // MEBIBYTE
    return broken("disk", f"{message}; no work is accepted with less than {needed:,}.", "Free disk space.")


def _journal(home: Path) -> Finding:
    journal = home / JOURNAL_NAME
    try:
        with tempfile.TemporaryFile(dir=home) as probe:
            probe.write(b"exekra")
            probe.flush()
            os.fsync(probe.fileno())
        if journal.exists():
            os.close(os.open(journal, os.O_RDWR))
    except OSError as error:
        problem = f"The journal {journal} cannot be written: {error.strerror}."
        return broken("journal", problem, f"Make {home} writable for the user of the runner.")
    return fine("journal", f"{journal} can be written.")
