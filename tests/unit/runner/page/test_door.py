from pathlib import Path

import pytest

from runner.page import door
from runner.page.door import VISITS, Address, Door, publish, published, withdraw


def test_a_ticket_opens_the_page_once() -> None:
    house = Door()
    ticket = house.make_ticket()
    visit = house.enter(ticket)
    assert visit is not None
    assert house.is_inside(visit)
    assert house.enter(ticket) is None
    assert not house.is_inside(ticket)


def test_a_ticket_is_good_for_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    house = Door()
    ticket = house.make_ticket()
    later = door.time.monotonic() + 61
    monkeypatch.setattr(door.time, "monotonic", lambda: later)
    assert house.enter(ticket) is None


@pytest.mark.parametrize("guess", ["", "x", "ä"])
def test_a_wrong_token_ticket_or_visit_lets_nobody_in(guess: str) -> None:
    house = Door()
    assert not house.knows(guess)
    assert house.enter(guess) is None
    assert not house.is_inside(guess)


def test_many_visits_end_the_oldest_and_tickets_do_not_gather_without_end() -> None:
    house = Door()
    visits = [house.enter(house.make_ticket()) for _ in range(VISITS + 1)]
    assert not house.is_inside(visits[0] or "")
    assert house.is_inside(visits[-1] or "")
    tickets = [house.make_ticket() for _ in range(door.TICKETS + 1)]
    assert house.enter(tickets[0]) is None


def test_the_file_with_the_token_is_of_its_owner_alone_and_goes_with_the_page(tmp_path: Path) -> None:
    address = Address(4711, "secret")
    publish(tmp_path, address)
    publish(tmp_path, address)
    assert published(tmp_path) == address
    assert (tmp_path / door.FILE_NAME).stat().st_mode & 0o777 == 0o600
    withdraw(tmp_path)
    withdraw(tmp_path)
    assert published(tmp_path) is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"port": "x", "token": "t"}'])
def test_a_broken_file_is_no_page(tmp_path: Path, content: str) -> None:
    (tmp_path / door.FILE_NAME).write_text(content)
    assert published(tmp_path) is None
