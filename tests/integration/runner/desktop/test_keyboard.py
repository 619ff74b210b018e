"""Keys and characters by the driver itself, typed into a real program."""

import pytest

from runner.desktop.model import DesktopError
from tests.eventually import eventually
from tests.integration.runner.desktop.conftest import PATIENCE, press

# Without a window manager, which would take its time to learn of each change of the layout.
pytestmark = pytest.mark.parametrize("screen", ["bare"], indirect=True)


def typed(driver, text):
    for index, character in enumerate(text):
        if index % 10 == 0:
            driver.prepare(text[index:])
        driver.type_character(character)


async def test_text_of_any_script_arrives_whatever_the_layout_is(driver, form):
    text = "Grüße an Zoë: 3 · 12,50 € = 37,50 € „ok“ ŁÓDŹ Привет 日本語 @#{}\\~^ Straße"
    typed(driver, text)
    press(driver, "ctrl", "shift", "b")
    assert await eventually(lambda: form.booked, PATIENCE) == [f"Booked: {text}"]


async def test_more_strange_characters_than_the_keyboard_has_keys_free_for(driver, form):
    text = "".join(chr(number) for number in range(0x0410, 0x0450))
    typed(driver, text)
    press(driver, "ctrl", "shift", "b")
    assert await eventually(lambda: form.booked, PATIENCE) == [f"Booked: {text}"]


async def test_borrowed_keys_are_given_back(driver, form):
    before = driver._display.get_keyboard_mapping(8, 248)
    driver.type_character("€")
    assert driver._display.get_keyboard_mapping(8, 248) != before
    driver._keyboard.give_back()
    assert driver._display.get_keyboard_mapping(8, 248) == before


async def test_caps_lock_of_a_person_turns_no_letter_round(driver, form):
    press(driver, "capslock")
    try:
        typed(driver, "Müller AG")
    finally:
        press(driver, "capslock")
    press(driver, "ctrl", "shift", "b")
    assert await eventually(lambda: form.booked, PATIENCE) == ["Booked: Müller AG"]


async def test_what_is_held_down_is_released_also_at_the_end(driver, form):
    driver.key("ctrl", down=True)
    driver.key("ctrl", down=True)
    driver.button("left", down=True)
    state = driver._display.screen().root.query_pointer
    assert state().mask
    driver.release_all()
    assert not state().mask


def test_a_control_character_is_no_key(driver):
    with pytest.raises(DesktopError, match="control character"):
        driver.type_character("\x07")
