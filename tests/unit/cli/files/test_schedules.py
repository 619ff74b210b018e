"""Schedules in a workflow's file: what is written, and when something must change."""

from typing import Any

import pytest

from services.cli.files.schedules import as_written, merged, problem_of, schedule_steps

TRIGGER: dict[str, Any] = {
    "id": "t1",
    "kind": "schedule",
    "name": "Nightly",
    "etag": "t1.3",
    "cron": "0 2 * * *",
    "intervalSeconds": None,
    "at": None,
    "timezone": "Europe/Zurich",
    "startsAt": "2026-01-01T00:00:00Z",
    "misfire": {"policy": "once", "graceSeconds": 60.0, "max": 1},
    "overlap": "skip",
    "inputs": {},
    "priority": 50,
    "labels": [],
    "dedupeKey": None,
    "jitterSeconds": 0,
    "timeoutSeconds": 0.0,
    "queueTimeoutSeconds": 86400.0,
    "enabled": True,
    "nextFireAt": "2026-01-02T01:00:00Z",
    "calendars": ["Holidays"],
}


def steps(*wanted: dict[str, Any], prune: bool = False) -> list[Any]:
    return schedule_steps([as_written(TRIGGER)], [TRIGGER], wanted, prune=prune)


def test_only_what_is_the_persons_and_not_a_default_is_written() -> None:
    assert list(as_written(TRIGGER)) == ["name", "cron", "timezone", "startsAt", "calendars", "misfire", "overlap"]
    assert (
        as_written({**TRIGGER, "enabled": False, "queueTimeoutSeconds": 0.0, "priority": 90}).items()
        >= {
            "enabled": False,
            "queueTimeoutSeconds": 0.0,
            "priority": 90,
        }.items()
    )


def test_what_is_written_needs_no_change_when_it_comes_back() -> None:
    assert steps(as_written(TRIGGER)) == []
    assert steps({**as_written(TRIGGER), "enabled": True, "priority": 50, "labels": [], "dedupeKey": ""}) == []


@pytest.mark.parametrize(
    "same",
    [
        {"startsAt": "2026-01-01T01:00:00+01:00"},
        {"misfire": {"policy": "once"}},
        {"inputs": None},
        {"cron": "0 2 * * *"},
    ],
)
def test_what_means_the_same_is_no_change(same: dict[str, Any]) -> None:
    assert steps({"name": "Nightly", **same}) == []


def test_a_change_sends_what_differs_alone() -> None:
    (step,) = steps({"name": "Nightly", "cron": "0 3 * * *", "overlap": "skip", "startsAt": None})
    assert (step.action, step.body, step.trigger_id, step.etag) == (
        "change",
        {"cron": "0 3 * * *", "startsAt": None},
        "t1",
        "t1.3",
    )


def test_new_ones_are_made_and_only_pruning_deletes() -> None:
    assert [(step.name, step.action) for step in steps({"name": "Weekly", "cron": "@weekly"})] == [("Weekly", "create")]
    found = [(step.name, step.action) for step in steps({"name": "Weekly", "cron": "@weekly"}, prune=True)]
    assert found == [("Weekly", "create"), ("Nightly", "delete")]


def test_the_file_stands_over_the_hub_and_the_rest_stays() -> None:
    written = as_written(TRIGGER)
    (mine,) = merged([written], [{"name": "Nightly", "cron": "0 3 * * *"}], prune=False)
    assert (mine["cron"], mine["timezone"]) == ("0 3 * * *", "Europe/Zurich")
    assert [each["name"] for each in merged([written], [{"name": "Weekly"}], prune=False)] == ["Weekly", "Nightly"]


@pytest.mark.parametrize(
    ("schedules", "said"),
    [
        ({}, "list"),
        ([1], "list"),
        ([{}], "name"),
        ([{"name": "a"}, {"name": "A"}], "same name"),
        ([{"name": "a", "corn": "* * * * *"}], "'corn'"),
        ([{"name": "a", "cron": "* * * * *"}], None),
    ],
)
def test_what_is_wrong_with_them_is_said(schedules: Any, said: str | None) -> None:
    found = problem_of(schedules)
    assert (found is None) if said is None else (found is not None and said in found)
