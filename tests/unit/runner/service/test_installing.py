from collections.abc import Sequence
from pathlib import Path

import pytest

from runner.service.definition import ServiceError, Steps
from runner.service.installing import NOT_FOUND, install, remove, run_command, steps_for
from tests.unit.runner.service.test_definitions import service as service  # noqa: PLC0414 - a fixture


class Machine:
    """Notes the commands, and answers with the exit codes it was given."""

    def __init__(self, **codes: int) -> None:
        self.ran: list[str] = []
        self._codes = codes

    def __call__(self, command: Sequence[str]) -> tuple[int, str]:
        self.ran.append(command[0])
        return self._codes.get(command[0], 0), "said"


@pytest.fixture
def steps(tmp_path: Path) -> Steps:
    return Steps(
        files={tmp_path / "deep" / "unit": "text", tmp_path / "task.xml": "<Task/>"},
        replace=(("end",),),
        install=(("start",),),
        remove=(("stop",),),
        removed=(("forget",),),
    )


def test_files_are_private_and_written_before_the_service_starts(steps: Steps, tmp_path: Path) -> None:
    machine = Machine(end=1)
    install(steps, machine)
    install(steps, machine)
    assert machine.ran == ["end", "start"] * 2
    assert (tmp_path / "deep" / "unit").read_text() == "text"
    assert (tmp_path / "deep" / "unit").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "task.xml").read_text(encoding="utf-16") == "<Task/>"
    assert {path.name for path in tmp_path.iterdir()} == {"deep", "task.xml"}


def test_a_service_that_does_not_start_is_told_with_what_the_system_said(steps: Steps) -> None:
    with pytest.raises(ServiceError, match=r"`start` failed \(3\): said"):
        install(steps, Machine(start=3))


def test_a_folder_that_cannot_be_written_is_told(steps: Steps, tmp_path: Path) -> None:
    (tmp_path / "deep").write_text("a file")
    with pytest.raises(ServiceError, match="cannot be written"):
        install(steps, Machine())


def test_removing_stops_it_first_and_does_nothing_the_second_time(steps: Steps, tmp_path: Path) -> None:
    install(steps, Machine())
    machine = Machine(stop=5)
    assert len(remove(steps, machine)) == 2
    assert machine.ran == ["stop", "forget"]
    assert not (tmp_path / "task.xml").exists()
    assert remove(steps, Machine()) == []


def test_a_program_that_is_not_there_is_said_so() -> None:
    assert run_command(["exekra-no-such-program"]) == (NOT_FOUND, "exekra-no-such-program is not there.")


def test_a_system_without_services_says_what_to_do(service: object) -> None:
    with pytest.raises(ServiceError, match="log-on yourself"):
        steps_for(service, "sunos")  # type: ignore[arg-type] # the fixture is a Definition
