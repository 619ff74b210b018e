"""What a licence allows as time passes."""

from datetime import timedelta

import pytest

from scripts.licences import sign
from services.license.envelope import read_licence
from services.license.keys import KeyRing
from services.license.model import COMMUNITY, COMMUNITY_RUNNERS, Stage, State, Terms, judge, stages_reached
from tests.licences import NOON, PUBLIC_KEY, SIGNING_KEY, terms


def sold(days: int | None = 100) -> Terms:
    return read_licence(sign(terms(days=days), SIGNING_KEY), KeyRing.parse(PUBLIC_KEY)).terms


def test_only_runner_seats_exist():
    assert COMMUNITY.seats("runner") == COMMUNITY_RUNNERS
    assert COMMUNITY.seats("robot") is None


def test_the_community_edition_never_expires():
    assert judge(None, NOON) is COMMUNITY
    assert (COMMUNITY.state, COMMUNITY.terms, COMMUNITY.frozen) == ("community", None, False)


@pytest.mark.parametrize(
    ("days", "state", "runners", "edition", "told"),
    [
        (0, State.VALID, 25, "enterprise", 0),
        (69.9, State.VALID, 25, "enterprise", 0),
        (70, State.VALID, 25, "enterprise", 1),
        (99.9, State.VALID, 25, "enterprise", 1),
        (100, State.GRACE, 25, "enterprise", 2),
        (113.9, State.GRACE, 25, "enterprise", 2),
        (114, State.FROZEN, 25, "enterprise", 3),
        (143.9, State.FROZEN, 25, "enterprise", 3),
        (144, State.EXPIRED, COMMUNITY_RUNNERS, "community", 4),
        (9_999, State.EXPIRED, COMMUNITY_RUNNERS, "community", 4),
    ],
)
def test_a_licence_of_a_hundred_days_goes_through_its_states(
    days: float, state: State, runners: int, edition: str, told: int
) -> None:
    now = NOON + timedelta(days=days)
    entitlement = judge(sold(), now)
    assert (entitlement.state, entitlement.runners, entitlement.edition) == (state, runners, edition)
    assert entitlement.frozen is (state is State.FROZEN)
    assert stages_reached(sold(), now) == list(Stage)[:told]


def test_a_licence_without_end_stays_valid_and_nobody_is_told_of_anything() -> None:
    later = NOON + timedelta(days=20_000)
    assert judge(sold(None), later).state is State.VALID
    assert stages_reached(sold(None), later) == []
