"""One evaluation of an expression: the names it sees, the time and the memory it may use, and how it fails.

Owns the limits. What an expression can do is decided by the compiler, which offers it nothing that could exceed them
unseen.
"""

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from time import thread_time
from typing import Any

from runner.workflow.documents import Json

MAX_SECONDS = 0.2
"""Processor time of one evaluation; a busy machine must not fail a workflow."""
MAX_BUILT_BYTES = 1024 * 1024
"""What one evaluation may build. Data that it only passes on is not counted."""
MAX_ELEMENTS = 1_000_000
"""Elements of a list that one function looks at."""
MAX_NUMBER_BITS = 1024
MAX_RESULT_BYTES = 64 * 1024 * 1024
"""What a result may weigh that shares one value many times: a few steps of doubling would outgrow any memory."""
SLOT_BYTES = 8
"""What one element of a list or one entry of an object counts for."""

_STEPS_BETWEEN_CHECKS = 16
_KEYS_SHOWN = 20
_ELEMENT_WEIGHT = 64


class ExpressionError(Exception):
    """An expression is wrong or could not be evaluated; the message is for the person who wrote it."""


class MissingError(ExpressionError):
    """A key, an element or a node's output is not there. `default(x, y)` answers y to this, and only to this."""


class Namespace(ABC):
    """Something named in expressions that is looked up key by key: `nodes`, `loops`, `globals`, `credentials`."""

    @abstractmethod
    def lookup(self, key: str) -> Json:
        """The value of `key`. Raises MissingError."""


class Names(Namespace):
    """A namespace over a mapping that exists already; `what` names one of its entries in errors."""

    def __init__(self, entries: Mapping[str, Json], what: str) -> None:
        self._entries = entries
        self._what = what

    def lookup(self, key: str) -> Json:
        """The entry. Raises MissingError that lists the entries there are."""
        try:
            return self._entries[key]
        except KeyError:
            raise MissingError(f"There is no {self._what} {key!r}; there are: {shown_keys(self._entries)}.") from None


NO_GLOBALS = Names({}, "global variable")


@dataclass(slots=True)
class Environment:
    """What an expression sees. `loops`, `globals` and the credentials are namespaces; absent ones are empty.

    `item` and `index` are those of the innermost forEach; `in_loop` is false where there is none.
    """

    inputs: Mapping[str, Json]
    vars: Mapping[str, Json]
    nodes: Namespace
    loops: Namespace
    credentials: Namespace
    execution: Mapping[str, Json]
    now: Callable[[], datetime]
    item: Json = None
    index: int = 0
    in_loop: bool = False
    globals: Namespace = NO_GLOBALS
    """Variables of the installation, as they were when the execution began."""


class Evaluation:
    """One run of one expression: counts steps and built bytes and ends it when it takes too much."""

    __slots__ = ("_built", "_next_check", "_started", "_steps", "environment", "local")

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.local: dict[str, Any] = {}
        self._built = 0
        self._steps = 0
        self._next_check = _STEPS_BETWEEN_CHECKS
        self._started = -1.0

    def work(self, steps: int = 1) -> None:
        """Count steps. Raises ExpressionError when the time is over."""
        self._steps += steps
        if self._steps >= self._next_check:
            self._next_check = self._steps + _STEPS_BETWEEN_CHECKS
            self.check()

    def check(self) -> None:
        """Look at the clock. Raises ExpressionError when the time is over."""
        spent = thread_time()
        if self._started < 0:
            # The first look starts the clock: most expressions end before it and never pay for one.
            self._started = spent
        elif spent - self._started > MAX_SECONDS:
            raise ExpressionError(f"The expression takes longer than {MAX_SECONDS * 1000:.0f} ms.")

    def build(self, size: int) -> None:
        """Count bytes before they are built. Raises ExpressionError when it is too much."""
        self._built += size
        if self._built > MAX_BUILT_BYTES:
            raise ExpressionError(f"The expression builds more than {MAX_BUILT_BYTES} bytes.")

    @property
    def has_built(self) -> bool:
        """Whether anything new was built, so that the result is more than a part of the data."""
        return self._built > 0

    def elements(self, values: Collection[Any]) -> None:
        """Count the elements a function is about to look at. Raises ExpressionError when there are too many."""
        count = len(values)
        if count > MAX_ELEMENTS:
            raise ExpressionError(f"The list has {count} elements; an expression may look at {MAX_ELEMENTS}.")
        self.work(1 + (count >> 6))


def check_weight(value: Json, most: int = MAX_RESULT_BYTES, each: int = _ELEMENT_WEIGHT) -> None:
    """Raise ExpressionError when a value, written out, weighs more than `most`: `each` an element, and its texts.

    Whatever walks a whole value asks here first: a value that refers to its parts twice at each of sixty levels is
    small in memory and endless to write, to compare and to sort.
    """
    weight = 0
    stack: list[Any] = [value]
    while stack:
        element = stack.pop()
        weight += each
        if isinstance(element, str):
            weight += len(element)
        elif isinstance(element, list):
            stack.extend(element)
        elif isinstance(element, dict):
            stack.extend(element.values())
            weight += sum(map(len, element))
        if weight > most:
            raise ExpressionError(f"The value weighs more than {most} bytes.")


def shown_keys(keys: Iterable[str]) -> str:
    """Keys as a person reads them in an error: at most twenty, in their order."""
    listed = list(keys)
    if not listed:
        return "none"
    rest = len(listed) - _KEYS_SHOWN
    return ", ".join(listed[:_KEYS_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def kind_of(value: object) -> str:
    """What JSON calls the type of a value, for messages."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a text"
    return "a list" if isinstance(value, list) else "an object"


def to_text(value: Json) -> str:
    """A value inside text: text as it is, everything else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and not math.isfinite(value):
        raise ExpressionError("The number is not finite.")
    check_weight(value, MAX_BUILT_BYTES, each=2)
    return json.dumps(value, ensure_ascii=False)
