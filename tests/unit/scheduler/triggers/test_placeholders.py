"""Inputs may name the fire they are for, and nothing else is ever evaluated."""

import json
from datetime import UTC, datetime

from services.scheduler.triggers.placeholders import fill

AT = datetime(2026, 3, 29, 23, 30, tzinfo=UTC)


def filled(inputs: object) -> object:
    return json.loads(fill(json.dumps(inputs).encode(), AT, "Europe/Berlin"))


def test_values_of_the_fire_are_put_in_at_any_depth() -> None:
    assert filled({"day": "{{ fire.date }}", "more": [{"at": "at {{fire.at}} / {{ fire.time }}"}]}) == {
        "day": "2026-03-30",
        "more": [{"at": "at 2026-03-29T23:30:00Z / 01:30:00"}],
    }
    assert filled({"x": "{{ fire.local }}"}) == {"x": "2026-03-30T01:30:00+02:00"}


def test_everything_else_stays_as_it_is() -> None:
    inputs = {"a": "{{ inputs.b }}", "b": "{{ fire.__class__ }}", "{{ fire.at }}": 1, "n": 1.5, "none": None}
    assert filled(inputs) == inputs
