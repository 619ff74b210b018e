"""What every test of this folder starts from: fast timers, and a diary of what the runner is really doing."""

from pathlib import Path

import pytest

from services.launcher.settings import misspelt_names
from tests.chaos.timers import FAST_TIMERS


@pytest.fixture
def intervals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the runner notes begin and end of its work; timers are fast."""
    assert misspelt_names(FAST_TIMERS) == []
    path = tmp_path / "intervals.jsonl"
    monkeypatch.setenv("EXEKRA_RUNNER_INTERVALS_FILE", str(path))
    for name, value in FAST_TIMERS.items():
        monkeypatch.setenv(name, value)
    return path
