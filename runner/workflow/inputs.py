"""Inputs of an execution: judged against the workflow's declarations and filled up with defaults."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from runner.workflow.documents import Json, json_pointer
from runner.workflow.evaluation import kind_of
from runner.workflow.graph import Input
from runner.workflow.problems import Problem

_TYPES: dict[str, Callable[[Any], bool]] = {
    "any": lambda _: True,
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "list": lambda value: isinstance(value, list),
    "file": lambda value: isinstance(value, str | dict),
    "date": lambda value: isinstance(value, str),
}

INPUT_TYPES = tuple(_TYPES)


def fits_type(value: Json, kind: str) -> bool:
    """Whether a value is of one of the `INPUT_TYPES`."""
    return _TYPES[kind](value)


def complete_inputs(
    declared: Iterable[Input], given: Mapping[str, Json]
) -> tuple[dict[str, Json], tuple[Problem, ...]]:
    """What an execution starts with, and what is wrong with what was given.

    Inputs that are not declared pass: a webhook brings its own. Pointers lead into `given`.
    """
    inputs = dict(given)
    problems = []
    for declaration in declared:
        value = given.get(declaration.name)
        if value is None:
            inputs[declaration.name] = declaration.default
            if declaration.required and declaration.default is None:
                problems.append(
                    Problem(None, json_pointer(declaration.name), f"The input {declaration.name!r} is required.")
                )
        elif not fits_type(value, declaration.type):
            message = f"The input {declaration.name!r} must be of type {declaration.type}, not {kind_of(value)}."
            problems.append(Problem(None, json_pointer(declaration.name), message))
    return inputs, tuple(problems)
