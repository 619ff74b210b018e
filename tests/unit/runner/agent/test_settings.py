from pathlib import Path

import pytest
from pydantic import ValidationError

from runner.agent.settings import RunnerSettings, unknown_names


def test_a_secret_may_come_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    monkeypatch.setenv("EXEKRA_RUNNER_MACHINE_SECRET_FILE", str(secret))
    settings = RunnerSettings()
    assert settings.machine_secret is not None
    assert settings.machine_secret.get_secret_value() == "s3cret"


def test_the_environment_comes_before_a_file_and_arguments_before_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key").write_text("from file")
    monkeypatch.setenv("EXEKRA_RUNNER_MACHINE_KEY_FILE", str(tmp_path / "key"))
    assert RunnerSettings().machine_key == "from file"
    monkeypatch.setenv("EXEKRA_RUNNER_MACHINE_KEY", "from environment")
    assert RunnerSettings().machine_key == "from environment"
    assert RunnerSettings(machine_key="given").machine_key == "given"


def test_a_secret_is_not_printed() -> None:
    assert "s3cret" not in repr(RunnerSettings.model_validate({"machine_secret": "s3cret"}))


def test_misspelt_names_are_found_and_those_of_the_hub_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXEKRA_RUNNER_SLOT", "3")
    monkeypatch.setenv("EXEKRA_RUNNER_PORT", "4546")
    monkeypatch.setenv("EXEKRA_RUNNER_MACHINE_SECRET_FILE", "/x")
    assert unknown_names() == ["EXEKRA_RUNNER_SLOT"]


@pytest.mark.parametrize("wrong", [{"slots": 0}, {"stop_seconds": 0}, {"child_start": "thread"}])
def test_values_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RunnerSettings.model_validate(wrong)
