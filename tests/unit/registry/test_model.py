"""Runners' states, and what may be written into their fields."""

from datetime import UTC, datetime, timedelta

import pytest

from services.kit.errors import DomainError
from services.registry.model import Load, Presence, Runner, Silence, State, check_labels, check_name, state_of

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def silence(listening_since: float = 10_000, heard_until: float | None = None) -> Silence:
    """Listening since so many seconds ago; an earlier process heard until so many seconds ago."""
    heard = None if heard_until is None else NOW - seconds(heard_until)
    return Silence(seconds(65), seconds(120), NOW - seconds(listening_since), heard)


def runner(seen: float | None = 0, *, gone: bool = False) -> Runner:
    presence = None
    if seen is not None:
        presence = Presence(NOW - seconds(seen), NOW - seconds(seen), NOW if gone else None, "", "", "", (), None)
    return Runner("id", "r", "", (), 1, True, False, "", "mk_x", 1, False, 1, NOW, False, presence)


@pytest.mark.parametrize(
    ("seen", "free", "expected"),
    [
        (0, 1, (State.ONLINE, False)),
        (0, 0, (State.BUSY, False)),
        (64.9, 1, (State.ONLINE, False)),
        (65, 1, (State.ONLINE, True)),
        (65, 0, (State.BUSY, True)),
        (119.9, 1, (State.ONLINE, True)),
        (120, 1, (State.OFFLINE, False)),
        (120, 0, (State.OFFLINE, False)),
    ],
)
def test_a_state_follows_from_silence_and_load(seen: float, free: int, expected: tuple[State, bool]):
    assert state_of(runner(seen), Load(free, ()), silence(), NOW) == expected


def test_a_runner_that_never_connected_or_said_goodbye_is_offline():
    assert state_of(runner(None), None, silence(), NOW) == (State.OFFLINE, False)
    assert state_of(runner(1, gone=True), Load(1, ()), silence(), NOW) == (State.OFFLINE, False)


def test_a_runner_that_does_not_ask_for_work_is_silent_and_has_no_free_seat():
    assert state_of(runner(0), Load(0, (), polling=False), silence(), NOW) == (State.BUSY, True)


def test_an_unknown_load_counts_as_free():
    assert state_of(runner(0), None, silence(), NOW) == (State.ONLINE, False)


@pytest.mark.parametrize(
    ("seen", "listening_since", "expected"),
    [
        (610, 10, (State.ONLINE, False)),  # connected when the registry ended ten minutes ago
        (610, 70, (State.ONLINE, True)),
        (610, 120, (State.OFFLINE, False)),
        (721, 10, (State.OFFLINE, False)),  # was offline already when it ended
    ],
)
def test_silence_counts_only_while_somebody_listened(seen: float, listening_since: float, expected: tuple[State, bool]):
    assert state_of(runner(seen), Load(1, ()), silence(listening_since, heard_until=600), NOW) == expected


def test_labels_are_kept_once_and_in_order():
    assert check_labels(["b", "a", "b"]) == ("b", "a")


@pytest.mark.parametrize("label", ["", "a b", "a,b", "a\x00", "x" * 65])
def test_a_malformed_label_names_its_place(label: str):
    with pytest.raises(DomainError) as refused:
        check_labels(["fine", label])
    assert refused.value.fields[0].pointer == "/labels/1"


def test_a_name_loses_its_outer_blanks():
    assert check_name("  Till 1 ") == "Till 1"
