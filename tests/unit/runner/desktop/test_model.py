import pytest

from runner.desktop.model import DesktopError, ElementQuery, Region, Window, WindowQuery, only_window

PLACE = Region(0, 0, 100, 50)
WINDOWS = [
    Window("0x1", "Invoice 17 - Ledger", "Ledger", PLACE, pid=10),
    Window("0x2", "invoice 18 - Ledger", "Ledger", PLACE, pid=10),
    Window("0x3", "Größe", "Editor", PLACE),
]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        (WindowQuery("INVOICE"), ["0x1", "0x2"]),
        (WindowQuery("invoice 17 - ledger", "equals"), ["0x1"]),
        (WindowQuery(r"^invoice 1\d", "regex"), ["0x1", "0x2"]),
        (WindowQuery("GRÖSSE"), ["0x3"]),
        (WindowQuery("invoice", class_name="editor"), []),
        (WindowQuery(pid=10), ["0x1", "0x2"]),
        (WindowQuery(id="0x3"), ["0x3"]),
    ],
)
def test_windows_are_chosen_by_all_that_is_said(query, ids):
    assert [window.id for window in query.select(WINDOWS)] == ids


def test_a_pattern_that_is_none_is_refused():
    with pytest.raises(DesktopError, match="RE2") as raised:
        WindowQuery("(", "regex").select(WINDOWS)
    assert raised.value.code == "PATTERN_INVALID"


def test_of_many_windows_some_titles_are_shown():
    many = [Window(str(number), f"Window {number}", "", PLACE) for number in range(30)]
    with pytest.raises(DesktopError, match=r"and 10 more") as raised:
        only_window([], WindowQuery("x"), many)
    assert len(raised.value.details["windows"]) == 20


def test_no_window_at_all_is_said_as_such():
    with pytest.raises(DesktopError, match="No window is open"):
        only_window([], WindowQuery("x"), [])


def test_a_part_of_a_region_ends_at_its_edges():
    window = Region(100, 200, 50, 40)
    assert window.part(Region(10, 10, 20, 20)) == Region(110, 210, 20, 20)
    assert window.part(Region(-10, 30, 100, 100)) == Region(100, 230, 50, 10)
    assert window.part(Region(60, 0, 10, 10)).width == 0


def test_an_element_query_says_what_it_looks_for():
    assert str(ElementQuery(name="OK", role="Button")) == "name 'OK', role 'Button'"
