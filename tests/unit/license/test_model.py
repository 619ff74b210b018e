"""The community edition's entitlement."""

from services.license.model import COMMUNITY, COMMUNITY_RUNNERS


def test_only_runner_seats_exist():
    assert COMMUNITY.seats("runner") == COMMUNITY_RUNNERS
    assert COMMUNITY.seats("robot") is None


def test_the_community_edition_never_expires():
    assert (COMMUNITY.state, COMMUNITY.expires_at) == ("community", None)
