import platform
import sys

import pytest

from runner.desktop.driver import open_driver
from runner.desktop.model import DesktopError, Region
from runner.desktop.windows.driver import WindowsDriver
from tests.unit.runner.desktop.windows_library import Control, Library


@pytest.fixture
def library():
    return Library(
        [
            Control("Invoice", NativeWindowHandle=1, children=[
                Control("Amount", "EditControl", AutomationId="amount", Value="12,50", box=(1, 2, 31, 12)),
                Control("Pane", "PaneControl", children=[Control("Save", "ButtonControl")]),
                Control("Hidden", "ButtonControl", IsOffscreen=True),
            ]),
            Control("Ledger", NativeWindowHandle=2, IsOffscreen=True),
            Control("Elsewhere", NativeWindowHandle=3, IsOffscreen=True),
            Control("Taskbar", NativeWindowHandle=4, ClassName="Shell_TrayWnd"),
            Control("No window", NativeWindowHandle=0),
        ]
    )  # fmt: skip


@pytest.fixture
def driver(library, monkeypatch):
    monkeypatch.setitem(sys.modules, "uiautomation", library)
    monkeypatch.setattr(platform, "system", lambda: "Windows")
    driver = open_driver()
    assert isinstance(driver, WindowsDriver)
    assert library.calls.pop() == ("initialised",)
    return driver


def test_windows_are_those_a_person_sees_or_can_bring_back(driver, library):
    library.front, library.minimised = 1, {2}
    first, second = driver.windows()
    assert (first.id, first.title, first.class_name, first.pid, first.active) == ("1", "Invoice", "Ledger", 10, True)
    assert first.region == Region(10, 20, 100, 50)
    assert (second.title, second.active) == ("Ledger", False)
    driver.activate(second)
    assert library.calls == [("show", 2, 9)]
    assert driver.windows()[1].active


def test_parts_of_a_window_are_named_with_their_value(driver):
    parts = driver.elements(driver.windows()[0])
    assert [(part.role, part.name, part.text) for part in parts] == [
        ("Edit", "Amount", "12,50"),
        ("Pane", "Pane", "Pane"),
        ("Button", "Save", "Save"),
    ]
    assert (parts[0].automation_id, parts[0].region) == ("amount", Region(1, 2, 30, 10))


def test_a_window_that_was_closed_is_gone(driver, library):
    window = driver.windows()[0]
    library.root.children.clear()
    with pytest.raises(DesktopError, match="closed") as raised:
        driver.elements(window)
    assert raised.value.code == "WINDOW_GONE"


def test_characters_are_sent_as_they_are_also_those_of_two_units(driver, library):
    for character in "ä€😀\n":
        driver.type_character(character)
    assert library.calls == [
        ("character", 0xE4),
        ("character", 0x20AC),
        ("character", 0xD83D),
        ("character", 0xDE00),
        ("key", 0x0D, 0),
        ("key", 0x0D, 2),
    ]


def test_combinations_and_buttons_are_released_once(driver, library):
    driver.key("ctrl", down=True)
    driver.key("delete", down=True)
    driver.key("delete", down=True)
    driver.button("right", down=True)
    driver.release_all()
    driver.release_all()
    assert library.calls == [
        ("key", 0x11, 0),
        ("key", 0x2E, 1),
        ("mouse", 8),
        ("mouse", 16),
        ("key", 0x2E, 3),
        ("key", 0x11, 2),
    ]


@pytest.mark.parametrize(("key", "code"), [("a", 0x41), ("7", 0x37), ("f1", 0x70), ("f24", 0x87), ("+", 0x6B)])
def test_keys_have_the_systems_numbers(driver, library, key, code):
    driver.key(key, down=True)
    assert library.calls[0][1] == code


def test_a_key_that_only_some_layouts_have_is_refused(driver):
    with pytest.raises(DesktopError, match="type the character"):
        driver.key("ß", down=True)


def test_the_clipboard_is_asked_for_its_format_first(driver, library):
    assert driver.read_clipboard() is None
    driver.write_clipboard("Grüße")
    assert driver.read_clipboard() == "Grüße"
    library.clipboard_is_taken = True
    with pytest.raises(DesktopError, match="Another program"):
        driver.write_clipboard("x")


def test_errors_of_com_are_failures_that_may_be_tried_again(driver, library, monkeypatch):
    def refuse():
        raise RuntimeError("0x80040201")

    monkeypatch.setattr(library, "GetRootControl", refuse)
    with pytest.raises(DesktopError, match="0x80040201") as raised:
        driver.windows()
    assert raised.value.retryable


def test_a_locked_screen_is_told(driver, library):
    assert not driver.is_locked()
    library.locked = True
    assert driver.is_locked()


def test_without_the_library_there_is_no_desktop(monkeypatch):
    monkeypatch.setitem(sys.modules, "uiautomation", None)
    with pytest.raises(DesktopError) as raised:
        WindowsDriver.open()
    assert raised.value.code == "DESKTOP_UNAVAILABLE"
