"""Templates that were checked before: compiled at their first use, with the same results."""

from datetime import UTC, datetime

import pytest

from runner.workflow import templates
from runner.workflow.evaluation import Environment, ExpressionError, MissingError, Names
from runner.workflow.templates import (
    compile_condition,
    compile_condition_when_used,
    compile_template,
    compile_when_used,
)

EMPTY = Names({}, "thing")
ENVIRONMENT = Environment({"a": 1, "b": [2]}, {}, EMPTY, EMPTY, EMPTY, {}, lambda: datetime(2026, 3, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    "value",
    [
        None,
        "text",
        "{{ inputs.b }}",
        "a {{ inputs.a }} b",
        ["x", {"k{{ 1 }}": ["{{ inputs.a + 1 }}", 3]}],
        {"a": {}, "b": "no } here"},
        "{{ inputs.none }}",
        "{{ 1 / 0 }}",
    ],
)
def test_they_are_filled_in_like_those_compiled_at_once(value):
    early, late = compile_template(value), compile_when_used(value)
    assert late.is_constant is early.is_constant
    assert late.source is value
    assert [outcome(late), outcome(late)] == [outcome(early)] * 2


def outcome(template):
    """Its value, or how it fails."""
    try:
        return template.resolve(ENVIRONMENT)
    except ExpressionError as error:
        return type(error), str(error)


@pytest.mark.parametrize("value", ["{{ inputs.a > 0 }}", "inputs.a > 0", True, None])
def test_conditions_as_well(value):
    assert compile_condition_when_used(value).resolve(ENVIRONMENT) == compile_condition(value).resolve(ENVIRONMENT)


def test_nothing_is_compiled_before_it_is_used_and_then_once(monkeypatch):
    compiled = []
    compile_value = templates.compile_template
    monkeypatch.setattr(templates, "compile_template", lambda value: compiled.append(value) or compile_value(value))
    template = compile_when_used("{{ inputs.a }}")
    assert compiled == []
    assert [template.resolve(ENVIRONMENT) for _ in range(3)] == [1, 1, 1]
    assert compiled == ["{{ inputs.a }}"]


def test_what_was_wrong_all_the_same_fails_where_it_is_used():
    template = compile_when_used({"a": "{{ 1 + }}"})
    assert template.problems == ()
    with pytest.raises(ExpressionError, match="is no expression") as raised:
        template.resolve(ENVIRONMENT)
    assert not isinstance(raised.value, MissingError)
