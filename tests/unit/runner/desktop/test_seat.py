import json

import pytest

from runner.desktop import seat
from runner.desktop.model import DesktopError
from runner.desktop.seat import Seat, current_use


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("DISPLAY", ":7")
    return tmp_path


def test_one_execution_at_a_time_has_the_screen_and_is_told():
    first, second = Seat("first"), Seat("second")
    assert current_use() is None
    assert first.take()
    assert not second.take()
    assert current_use().execution_id == "first"
    first.leave()
    assert current_use() is None
    assert second.take()
    second.leave()
    second.leave()


def test_screens_are_apart_and_their_parts_are_not(monkeypatch):
    first = Seat("first")
    assert first.take()
    monkeypatch.setenv("DISPLAY", ":7.0")
    assert not Seat("second").take()
    monkeypatch.setenv("DISPLAY", ":8")
    third = Seat("third")
    assert third.take()
    third.leave()
    monkeypatch.setenv("DISPLAY", ":7")
    first.leave()


@pytest.mark.parametrize(
    "note", ["", "[]", "{}", json.dumps({"executionId": "dead", "since": "2026-01-01T00:00:00+00:00"})]
)
def test_what_a_process_that_was_killed_left_behind_means_nothing(note):
    seat._note().write_text(note, encoding="utf-8")
    assert current_use() is None
    again = Seat("again")
    assert again.take()
    assert current_use().execution_id == "again"
    again.leave()


def test_a_file_in_the_place_of_the_folder_is_told():
    folder = seat._folder()
    folder.rmdir()
    folder.write_text("")
    with pytest.raises(DesktopError, match="take turns"):
        Seat("first").take()
