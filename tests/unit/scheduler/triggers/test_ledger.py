"""What becomes of due fires: misfire, breaker, obstacles and overlap, cell by cell."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.scheduler.triggers.ledger import EXPLANATIONS, Decision, DueFire, Outcome, Reason, Situation, decide
from services.scheduler.triggers.schedules import Misfire, Overlap

NOON = datetime(2026, 5, 5, 12, 0, tzinfo=UTC)
CALM = Situation(Misfire.ONCE, misfire_max=2, grace_seconds=60.0, overlap=Overlap.ALLOW)


def minutes(*late: float, **more: bool) -> list[DueFire]:
    """Fires so many minutes late, oldest first."""
    return [DueFire(NOON - timedelta(minutes=each), each * 60, **more) for each in late]


def outcomes(decisions: list[Decision]) -> list[str]:
    return [f"{each.outcome} {each.reason}".strip() for each in decisions]


def test_a_fire_within_the_grace_is_fired() -> None:
    assert outcomes(decide(CALM, minutes(1, 0.5, 0))) == ["FIRED", "FIRED", "FIRED"]


def test_once_executes_the_newest_of_the_overdue_ones_and_merges_the_others_into_it() -> None:
    decisions = decide(CALM, minutes(30, 20, 10))
    assert outcomes(decisions) == ["COALESCED MISFIRE", "COALESCED MISFIRE", "LATE MISFIRE"]
    assert {each.merged_into for each in decisions[:2]} == {NOON - timedelta(minutes=10)}


def test_all_executes_the_newest_so_many_and_misses_the_others() -> None:
    situation = replace(CALM, misfire=Misfire.ALL)
    assert outcomes(decide(situation, minutes(30, 20, 10))) == ["MISSED MISFIRE_LIMIT", "LATE MISFIRE", "LATE MISFIRE"]


def test_skip_misses_all_that_are_overdue_and_fires_what_is_in_time() -> None:
    situation = replace(CALM, misfire=Misfire.SKIP)
    assert outcomes(decide(situation, minutes(30, 20, 0))) == ["MISSED MISFIRE", "MISSED MISFIRE", "FIRED"]


def test_what_a_calendar_forbids_is_skipped_and_no_misfire() -> None:
    fires = [*minutes(30, blocked=True), *minutes(20)]
    assert outcomes(decide(CALM, fires)) == ["SKIPPED CALENDAR", "LATE MISFIRE"]


def test_nothing_fires_while_the_breaker_is_open_but_what_is_missed_is_missed() -> None:
    situation = replace(CALM, held=True)
    assert outcomes(decide(situation, minutes(30, 20, 0))) == ["COALESCED MISFIRE", "HELD BREAKER", "HELD BREAKER"]


def test_a_disabled_trigger_skips_everything() -> None:
    situation = replace(CALM, enabled=False, held=True)
    assert outcomes(decide(situation, minutes(30, 0))) == ["SKIPPED DISABLED", "SKIPPED DISABLED"]


@pytest.mark.parametrize(
    ("obstacle", "outcome"),
    [
        (Reason.NOT_PUBLISHED, "SKIPPED NOT_PUBLISHED"),
        (Reason.WORKFLOW_NOT_FOUND, "SKIPPED WORKFLOW_NOT_FOUND"),
        (Reason.LICENCE_REFUSED, "MISSED LICENCE_REFUSED"),
    ],
)
def test_without_a_workflow_or_a_licence_nothing_is_executed(obstacle: Reason, outcome: str) -> None:
    assert outcomes(decide(replace(CALM, obstacle=obstacle), minutes(0))) == [outcome]


@pytest.mark.parametrize(
    ("overlap", "live", "wanted"),
    [
        (Overlap.ALLOW, True, ["FIRED", "FIRED", "FIRED"]),
        (Overlap.SKIP, True, ["SKIPPED OVERLAP"] * 3),
        (Overlap.SKIP, False, ["FIRED", "SKIPPED OVERLAP", "SKIPPED OVERLAP"]),
        (Overlap.QUEUE, True, ["QUEUED OVERLAP", "COALESCED OVERLAP", "COALESCED OVERLAP"]),
        (Overlap.QUEUE, False, ["FIRED", "QUEUED OVERLAP", "COALESCED OVERLAP"]),
        (Overlap.STOP_PREVIOUS, True, ["QUEUED STOPPING_PREVIOUS", "COALESCED OVERLAP", "COALESCED OVERLAP"]),
        (Overlap.STOP_PREVIOUS, False, ["FIRED", "QUEUED STOPPING_PREVIOUS", "COALESCED OVERLAP"]),
    ],
)
def test_overlap_rules_see_executions_that_begin_in_the_same_moment(
    overlap: Overlap, live: bool, wanted: list[str]
) -> None:
    situation = replace(CALM, overlap=overlap, live=live)
    assert outcomes(decide(situation, minutes(0.4, 0.2, 0))) == wanted


def test_one_waits_and_those_behind_it_are_merged_into_it() -> None:
    waiting = NOON - timedelta(minutes=5)
    situation = replace(CALM, overlap=Overlap.QUEUE, live=True, waiting=waiting)
    decisions = decide(situation, minutes(0))
    assert outcomes(decisions) == ["COALESCED OVERLAP"]
    assert decisions[0].merged_into == waiting


def test_a_fire_that_waited_is_fired_however_long_it_waited() -> None:
    situation = replace(CALM, misfire=Misfire.SKIP, overlap=Overlap.QUEUE)
    assert outcomes(decide(situation, minutes(600, waited=True))) == ["FIRED"]


@pytest.mark.parametrize("misfire", Misfire)
@pytest.mark.parametrize("overlap", Overlap)
def test_every_fire_gets_exactly_one_decision(misfire: Misfire, overlap: Overlap) -> None:
    fires = minutes(*range(40, -1, -1))
    decisions = decide(replace(CALM, misfire=misfire, overlap=overlap), fires)
    assert [each.fire_at for each in decisions] == [each.fire_at for each in fires]


def test_every_reason_is_explained() -> None:
    assert set(EXPLANATIONS) == set(Reason)
    assert set(Outcome) >= {Outcome.FIRED, Outcome.LATE}
