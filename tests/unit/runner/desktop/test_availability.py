import importlib.util
import os
import shutil
import threading

import pytest

from runner.desktop import availability
from runner.desktop.availability import Availability

# The library drops the socket of a server that it cannot reach.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture(autouse=True)
def no_session(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE", "XDG_SESSION_ID"):
        monkeypatch.delenv(name, raising=False)


def test_without_a_screen_the_remedy_is_the_session_of_a_person():
    found = availability._look()
    assert "DISPLAY" in found.problem
    assert "signed in" in found.remedy


def test_a_screen_that_nobody_serves_is_none(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":6543")
    assert ":6543" in availability._look().problem


def test_missing_libraries_are_named_with_the_command_that_installs_them(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "cv2" else find(name))
    assert availability._look() == Availability(
        "These libraries are missing: cv2.", "pip install 'exekra-hub[desktop]'"
    )


def test_a_wayland_session_is_told_from_an_x11_one(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":6543")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    monkeypatch.setenv("XDG_SESSION_TYPE", "wayland")
    assert "Wayland" in availability._look().problem
    monkeypatch.setenv("XDG_SESSION_TYPE", "x11")
    assert "Wayland" not in availability._look().problem


def test_systems_without_a_driver_say_so(monkeypatch):
    monkeypatch.setattr("sys.platform", "darwin")
    assert "not supported" in availability._look().problem


def test_the_reader_of_pictures_is_missed_with_its_command(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    assert "tesseract" in availability.ocr().remedy


def test_an_answer_is_kept_for_a_while_and_belongs_to_one_screen(monkeypatch):
    looks = []

    def look():
        looks.append(1)
        return Availability()

    monkeypatch.setattr(availability, "_look", look)
    watch = availability._Watch()
    assert watch.answer().is_there
    assert watch.answer().is_there
    assert len(looks) == 1
    monkeypatch.setenv("DISPLAY", ":6544")
    assert watch.answer().is_there
    assert len(looks) == 2


def test_a_screen_that_hangs_is_told_and_hinders_no_other(monkeypatch):
    answers = threading.Event()

    def look():
        if os.environ["DISPLAY"] == ":1":
            answers.wait(20)
        return Availability()

    monkeypatch.setattr(availability, "_look", look)
    monkeypatch.setattr(availability, "_ANSWER_SECONDS", 0.05)
    monkeypatch.setenv("DISPLAY", ":1")
    watch = availability._Watch()
    assert "does not answer" in watch.answer().problem
    monkeypatch.setattr(availability, "_ANSWER_SECONDS", 20)
    monkeypatch.setenv("DISPLAY", ":2")
    assert watch.answer().is_there
    answers.set()
