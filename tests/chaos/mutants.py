"""`python -m tests.chaos.mutants`: breaks the product on purpose, each time in a copy, and shows that tests notice.

Each mutant removes one of the guards that the promise of the execution protocol rests on.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPIED = ("services", "runner", "proto", "tests", "scripts", "infra", "pyproject.toml")
RUN_SECONDS = 600.0
SCHEDULER = "tests/integration/scheduler/executions"


@dataclass(frozen=True)
class Mutant:
    """`old`, which is in the file exactly once, becomes `new`; one of `tests` must fail then."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


MUTANTS = (
    Mutant(
        "no unique index over live attempts",
        "services/scheduler/migrations/0002_executions.sql",
        "CREATE UNIQUE INDEX attempt_live ON",
        "CREATE INDEX attempt_live ON",
        (f"{SCHEDULER}/test_statements.py",),
    ),
    Mutant(
        "no check of the epoch",
        "services/scheduler/executions/batch.py",
        "epochs.get(call.runner_id) == call.epoch",
        "call.runner_id in epochs",
        (f"{SCHEDULER}/test_endings.py", f"{SCHEDULER}/test_sessions.py"),
    ),
    Mutant(
        "no wait for the old lease before a lost attempt is repeated",
        "services/scheduler/executions/decisions.py",
        "ready_in_seconds=max(attempt.lease_left_seconds, 0.0) if attempt else 0.0",
        "ready_in_seconds=0.0",
        ("tests/unit/scheduler/executions/test_decisions.py", f"{SCHEDULER}/test_timers.py"),
    ),
    Mutant(
        "the runner does not stop itself at the end of its lease",
        "runner/agent/slots.py",
        "self._stop_fenced(boottime())",
        "boottime()",
        ("tests/integration/runner/agent/test_reconnecting.py", "tests/integration/runner/agent/test_stopping.py"),
    ),
    Mutant(
        "the runner repeats what was answered with a stale attempt",
        "runner/agent/session.py",
        "if answer is not Answer.STALE_SESSION:",
        "if answer not in {Answer.STALE_SESSION, Answer.STALE_ATTEMPT}:",
        ("tests/integration/runner/agent/test_reconnecting.py", "tests/integration/runner/agent/test_stopping.py"),
    ),
    Mutant(
        "a broken database connection is a definite answer",
        "services/kit/translation.py",
        "    asyncpg.InternalClientError,",
        "    #",
        ("tests/unit/kit/test_errors.py",),
    ),
)


def main() -> None:
    """Tells of each mutant whether it was caught; exits with 1 when one was not."""
    survivors = [mutant.name for mutant in MUTANTS if not _is_caught(mutant)]
    sys.exit(1 if survivors else 0)


def _is_caught(mutant: Mutant) -> bool:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="exekra-mutant-") as folder:
        copy = Path(folder)
        for name in COPIED:
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / name)
        _apply(mutant, copy)
        command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", *mutant.tests]
        environment = {**os.environ, "PYTHONPATH": f"{copy}{os.pathsep}{copy / 'proto' / 'gen'}"}
        ended = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, timeout=RUN_SECONDS, check=False
        )
    caught = ended.returncode == 1
    failed = [line for line in ended.stdout.splitlines() if line.startswith("FAILED")]
    verdict = f"caught by {failed[0].split()[1]}" if caught and failed else f"SURVIVED (exit {ended.returncode})"
    print(f"{mutant.name}: {verdict}, {time.monotonic() - began:.0f} s", flush=True)  # noqa: T201 - its output
    return caught


def _apply(mutant: Mutant, copy: Path) -> None:
    file = copy / mutant.file
    text = file.read_text()
    if text.count(mutant.old) != 1:
        raise SystemExit(f"{mutant.name}: {mutant.file} does not hold {mutant.old!r} once")
    file.write_text(text.replace(mutant.old, mutant.new))


if __name__ == "__main__":
    main()
