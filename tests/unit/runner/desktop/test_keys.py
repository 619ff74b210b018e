import pytest

from runner.desktop.keys import Chord, parse_chord


@pytest.mark.parametrize(
    ("text", "modifiers", "key"),
    [
        ("ctrl+s", ("ctrl",), "s"),
        ("Ctrl+Shift+S", ("ctrl", "shift"), "s"),
        ("Strg + Del", ("ctrl",), "delete"),
        ("win", (), "win"),
        ("ctrl++", ("ctrl",), "+"),
        ("+", (), "+"),
        ("ctrl+plus", ("ctrl",), "+"),
        ("F12", (), "f12"),
        ("Return", (), "enter"),
        ("alt+ä", ("alt",), "ä"),
    ],
)
def test_combinations_are_written_as_people_write_them(text, modifiers, key):
    assert parse_chord(text) == Chord(modifiers, key)


@pytest.mark.parametrize("text", ["", "ctrl+", "a+b", "ctrl+ctrl", "ctrl+entr", "+ctrl", "f25"])
def test_what_is_no_combination_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        parse_chord(text)


def test_a_refusal_names_the_keys_there_are():
    with pytest.raises(ValueError, match=r"backspace, .*pagedown"):
        parse_chord("ctrl+entr")
