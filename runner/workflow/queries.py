"""JMESPath queries on plain data, bounded in size and time."""

from collections.abc import Callable
from functools import lru_cache
from time import monotonic
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.visitor import TreeInterpreter

from runner.workflow.documents import Json

MAX_QUERY_LENGTH = 2_000
QUERY_SECONDS = 2.0
_VISITS_BETWEEN_CHECKS = 64


class QueryError(Exception):
    """The query is no JMESPath, does not fit the data, or takes too long; the message says which."""


def run_query(query: str, data: Json, *, check: Callable[[], None] | None = None) -> Json:
    """What `query` selects from `data`; null when nothing matches.

    `check` is called now and then and may raise to end the query; by default it ends after two seconds. Raises
    QueryError.
    """
    parsed = _parse(query)
    interpreter = _BoundedInterpreter(check or _stop_after(QUERY_SECONDS))
    try:
        found: Json = interpreter.visit(parsed, data)
    except (JMESPathError, TypeError, ValueError, RecursionError) as error:
        raise QueryError(f"The JMESPath query {query[:200]!r} failed: {error}") from None
    return found


@lru_cache(maxsize=512)
def _parse(query: str) -> Any:
    if len(query) > MAX_QUERY_LENGTH:
        raise QueryError(f"The JMESPath query has {len(query)} characters; {MAX_QUERY_LENGTH} are allowed.")
    try:
        return jmespath.compile(query).parsed
    except (JMESPathError, RecursionError) as error:
        raise QueryError(f"{query[:200]!r} is no JMESPath query: {error}") from None


def _stop_after(seconds: float) -> Callable[[], None]:
    end = monotonic() + seconds

    def check() -> None:
        if monotonic() > end:
            raise QueryError(f"The JMESPath query took longer than {seconds:g} seconds.")

    return check


class _BoundedInterpreter(TreeInterpreter):
    """The library's interpreter, which looks at the time every 64 steps."""

    def __init__(self, check: Callable[[], None]) -> None:
        super().__init__()
        self._check = check
        self._visits = 0

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        self._visits += 1
        if self._visits % _VISITS_BETWEEN_CHECKS == 0:
            self._check()
        return super().visit(node, *args, **kwargs)
