"""The `for … in … if …` parts of expressions: loops over plain data with names of their own."""

import ast
from collections.abc import Callable
from typing import Any

from runner.workflow.evaluation import Evaluation, ExpressionError, kind_of

Code = Callable[[Evaluation], Any]
Walk = Callable[[Evaluation, Callable[[], None]], None]


def call_innermost(_: Evaluation, visit: Callable[[], None]) -> None:
    """The walk inside all loops: one visit."""
    visit()


def loop_over(values: Code, names: list[str], tests: list[Code], inner: Walk) -> Walk:
    """A walk that goes through `values`, gives each value to the names, and walks on inside where all tests hold."""

    def walk(evaluation: Evaluation, visit: Callable[[], None]) -> None:
        iterated = values(evaluation)
        if not isinstance(iterated, list | dict | str):
            raise ExpressionError(f"Only lists can be gone through, not {kind_of(iterated)}.")
        local = evaluation.local
        for value in iterated:
            evaluation.work()
            if len(names) == 1:
                local[names[0]] = value
            elif isinstance(value, list) and len(value) == len(names):
                local.update(zip(names, value, strict=True))
            else:
                raise ExpressionError(f"The names {', '.join(names)} need a list of {len(names)} elements each time.")
            if all(test(evaluation) for test in tests):
                inner(evaluation, visit)

    return walk


def with_own_names(evaluation: Evaluation, walk: Walk, visit: Callable[[], None]) -> None:
    """Walk with names that end with the walk."""
    around = evaluation.local
    evaluation.local = dict(around)
    try:
        walk(evaluation, visit)
    finally:
        evaluation.local = around


def target_names(target: ast.expr) -> list[str]:
    """The names between `for` and `in`. Raises ExpressionError for anything that is no plain name."""
    elements = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
    names = [element.id for element in elements if isinstance(element, ast.Name)]
    if len(names) != len(elements) or not names:
        raise ExpressionError("`for` takes a name, or names separated by commas.")
    return names
