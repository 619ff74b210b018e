import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runner.agent.model import Failure, Finish, Offer, StoredFile, Usage
from runner.agent.recent import INTERRUPTED, KEPT_LOG_BYTES, KEPT_PICTURES, KEPT_RUNS, RUNNING, RecentRuns


def offer(number: int = 1) -> Offer:
    context = {"workflow": {"id": "w", "name": "Invoices", "version": 3}}
    return Offer(
        f"e{number}", f"a{number}", 1, "w", 3, "0" * 64, b"{}", 20, 30, 0, 1, 1, False, json.dumps(context).encode()
    )


def finish(number: int = 1) -> Finish:
    now = datetime.now(UTC)
    failure = Failure("TIMEOUT", "Too late.", "click")
    return Finish(f"e{number}", f"a{number}", "failed", b"null", failure, Usage(), 0, 0, now, now)


def said(text: str) -> bytes:
    return json.dumps({"at": 1.5, "level": "info", "nodeId": None, "message": text}).encode()


@pytest.fixture
def recent(tmp_path: Path) -> RecentRuns:
    return RecentRuns(tmp_path / "recent")


def picture(folder: Path, name: str, media_type: str = "image/png") -> StoredFile:
    path = folder / name
    path.write_bytes(b"picture")
    return StoredFile(name, f"{name}.png", 7, "00", media_type, "click", str(path))


def test_a_run_is_there_with_its_log_and_its_end_after_a_restart(recent: RecentRuns, tmp_path: Path) -> None:
    run = recent.begin(offer())
    run.say(said("first"))
    recent.end("a1", finish())
    recent.unsaved().save()
    [again] = RecentRuns(tmp_path / "recent")
    assert again.facts == run.facts
    assert (again.facts.workflow, again.facts.version, again.facts.status) == ("Invoices", 3, "failed")
    assert again.facts.failure == {"code": "TIMEOUT", "message": "Too late.", "nodeId": "click"}
    assert [json.loads(line)["message"] for line in again.lines] == ["first"]


def test_only_the_newest_runs_are_kept_and_shown_newest_first(recent: RecentRuns, tmp_path: Path) -> None:
    for number in range(KEPT_RUNS + 5):
        recent.begin(offer(number))
        recent.unsaved().save()
    assert [run.facts.attempt_id for run in recent][:2] == [f"a{KEPT_RUNS + 4}", f"a{KEPT_RUNS + 3}"]
    assert len(list((tmp_path / "recent").iterdir())) == KEPT_RUNS


def test_of_a_long_log_the_last_lines_are_kept_and_the_rest_is_counted(recent: RecentRuns) -> None:
    run = recent.begin(offer())
    for number in range(1_000):
        run.say(said(f"{number} " + "x" * 1_000))
    assert run.line_bytes <= KEPT_LOG_BYTES
    assert json.loads(run.lines[-1])["message"].startswith("999 ")
    assert run.facts.lines_dropped + len(run.lines) == 1_000


def test_one_line_larger_than_all_that_may_be_kept_is_kept_alone(recent: RecentRuns) -> None:
    run = recent.begin(offer())
    run.say(said("small"))
    run.say(said("x" * 2 * KEPT_LOG_BYTES))
    assert len(run.lines) == 1


def test_pictures_outlive_their_upload_and_what_is_no_picture_is_left_out(recent: RecentRuns, tmp_path: Path) -> None:
    run = recent.begin(offer())
    shot = picture(tmp_path, "shot")
    recent.keep_picture(run, shot)
    recent.keep_picture(run, picture(tmp_path, "drawing", "image/svg+xml"))
    Path(shot.path).unlink()
    [kept] = run.facts.pictures
    assert recent.picture_path(run, kept).read_bytes() == b"picture"


def test_pictures_beyond_the_limit_and_of_forgotten_runs_are_removed(recent: RecentRuns, tmp_path: Path) -> None:
    run = recent.begin(offer())
    for number in range(KEPT_PICTURES + 3):
        recent.keep_picture(run, picture(tmp_path, f"shot{number}"))
    recent.unsaved().save()
    assert len(list((tmp_path / "recent" / "a1").iterdir())) == KEPT_PICTURES
    for number in range(2, KEPT_RUNS + 2):
        recent.begin(offer(number))
    recent.unsaved().save()
    assert not (tmp_path / "recent" / "a1").exists()


def test_what_a_killed_agent_left_running_is_interrupted_or_has_the_end_its_journal_knows(
    recent: RecentRuns, tmp_path: Path
) -> None:
    recent.begin(offer(1))
    recent.begin(offer(2))
    recent.unsaved().save()
    again = RecentRuns(tmp_path / "recent")
    assert {run.facts.status for run in again} == {RUNNING}
    again.interrupted({"a1": finish(1)})
    assert {run.facts.attempt_id: run.facts.status for run in again} == {"a1": "failed", "a2": INTERRUPTED}


def test_what_could_not_be_saved_is_saved_the_next_time(recent: RecentRuns, tmp_path: Path) -> None:
    recent.begin(offer())
    recent.save_again(recent.unsaved())
    recent.unsaved().save()
    assert len(list(RecentRuns(tmp_path / "recent"))) == 1


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"facts": {}, "lines": []}'])
def test_a_file_that_is_not_whole_is_left_out(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "recent").mkdir()
    (tmp_path / "recent" / "a9.json").write_bytes(content)
    assert list(RecentRuns(tmp_path / "recent")) == []
