"""JMESPath queries on plain data, bounded in size and time."""

from collections.abc import Callable
from functools import lru_cache
from time import thread_time
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions, signature
from jmespath.visitor import Options, TreeInterpreter

from runner.workflow.documents import Json
from runner.workflow.evaluation import MAX_BUILT_BYTES, ExpressionError, check_weight, to_text

MAX_QUERY_LENGTH = 2_000
QUERY_SECONDS = 2.0
_VISITS_BETWEEN_CHECKS = 16


class QueryError(Exception):
    """The query is no JMESPath, does not fit the data, or takes too long; the message says which."""


def run_query(query: str, data: Json, *, check: Callable[[], None] | None = None) -> Json:
    """What `query` selects from `data`; null when nothing matches.

    `check` is called now and then and may raise to end the query; by default it ends after two seconds of processor
    time. Raises QueryError.
    """
    parsed = _parse(query)
    interpreter = _BoundedInterpreter(check or _stop_after(QUERY_SECONDS))
    try:
        found: Json = interpreter.visit(parsed, data)
        check_weight(found)
    except (JMESPathError, ExpressionError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise QueryError(f"The JMESPath query {query[:200]!r} failed: {error}") from None
    return found


def check_query(query: str) -> None:
    """Raises QueryError unless it is a JMESPath query."""
    _parse(query)


@lru_cache(maxsize=512)
def _parse(query: str) -> Any:
    if len(query) > MAX_QUERY_LENGTH:
        raise QueryError(f"The JMESPath query has {len(query)} characters; {MAX_QUERY_LENGTH} are allowed.")
    try:
        return jmespath.compile(query).parsed
    except (JMESPathError, ValueError, RecursionError) as error:
        raise QueryError(f"{query[:200]!r} is no JMESPath query: {error}") from None


def _stop_after(seconds: float) -> Callable[[], None]:
    end = thread_time() + seconds

    def check() -> None:
        if thread_time() > end:
            raise ExpressionError(f"it takes longer than {seconds:g} seconds")

    return check


class _BoundedFunctions(Functions):
    """The library's functions; those whose work can outgrow the data weigh it first."""

    @signature({"types": ["string"]}, {"types": ["array-string"]})
    def _func_join(self, separator: str, parts: list[Json]) -> str:
        check_weight(parts, MAX_BUILT_BYTES, each=max(1, len(separator)))
        return separator.join(map(str, parts))

    @signature({"types": []})
    def _func_to_string(self, value: Json) -> str:
        return to_text(value)

    @signature({"types": ["array", "string"]}, {"types": []})
    def _func_contains(self, subject: Any, search: Json) -> bool:
        check_weight(subject)
        check_weight(search)
        return search in subject


class _BoundedInterpreter(TreeInterpreter):
    """The library's interpreter, which looks at the time every 16 steps."""

    def __init__(self, check: Callable[[], None]) -> None:
        super().__init__(Options(custom_functions=_BoundedFunctions()))
        self._check = check
        self._visits = 0

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        self._visits += 1
        if self._visits % _VISITS_BETWEEN_CHECKS == 0:
            self._check()
        return super().visit(node, *args, **kwargs)

    def visit_comparator(self, node: Any, value: Any) -> Any:
        if isinstance(value, list | dict):
            check_weight(value)
        return super().visit_comparator(node, value)
