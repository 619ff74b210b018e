"""Windows, clipboard and what is held down, by the driver itself, before a real program in a real window."""

import pytest

from runner.desktop.model import DesktopError, Region, Window
from tests.eventually import eventually
from tests.integration.runner.desktop.conftest import PATIENCE, press, window_of


async def test_windows_tell_their_title_class_process_and_place(driver, form):
    window = window_of(driver, "Order 17")
    assert window is not None
    assert (window.class_name, window.active) == ("Orderform", True)
    assert (window.region.width, window.region.height) == (480, 220)
    assert window.pid == form.pid


async def test_text_goes_through_the_clipboard_in_both_directions(driver, form):
    driver.write_clipboard("Schlüssel: 5 €")
    assert driver.read_clipboard() == "Schlüssel: 5 €"
    press(driver, "ctrl", "v")
    # Programs fetch what is pasted in their own time.
    await eventually(lambda: marked_all(driver) == "Schlüssel: 5 €", PATIENCE)
    press(driver, "ctrl", "shift", "b")
    assert await eventually(lambda: form.booked, PATIENCE) == ["Booked: Schlüssel: 5 €"]
    # Now the program owns it.
    assert await eventually(lambda: driver.read_clipboard() == "Booked: Schlüssel: 5 €", PATIENCE)


async def test_what_is_marked_is_read_without_a_key(driver, form):
    for character in "mark me":
        driver.type_character(character)
    assert await eventually(lambda: marked_all(driver) == "mark me", PATIENCE)


def marked_all(driver):
    press(driver, "ctrl", "a")
    return driver.read_marked()


def test_an_empty_clipboard_is_none(driver):
    driver.write_clipboard("x")
    driver._clipboard.close()
    assert driver.read_clipboard() is None


def test_a_text_too_large_for_the_clipboard_is_refused_and_the_old_one_kept(driver):
    driver.write_clipboard("kept")
    with pytest.raises(DesktopError, match="200,000"):
        driver.write_clipboard("é" * 100_001)
    assert driver.read_clipboard() == "kept"


def test_x11_names_no_elements_and_says_what_to_do_instead(driver):
    with pytest.raises(DesktopError, match="picture"):
        driver.elements(Window("0x1", "Form", "X", Region(0, 0, 1, 1)))
