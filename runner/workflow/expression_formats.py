"""Formats of numbers inside f-strings: a written-out specification of bounded width."""

import re
from typing import Any

from runner.workflow.evaluation import ExpressionError, kind_of

_SPECIFICATION = re.compile(r"[<>^]?[+ -]?0?[0-9]{0,2}[,_]?(?:\.[0-9]{1,2})?[bdeEfgGosxX%]?")


def format_number(value: Any, specification: str) -> str:
    """The value in the format. Raises ExpressionError for a width above 99 and for anything but texts and numbers."""
    if not _SPECIFICATION.fullmatch(specification):
        raise ExpressionError(f"{specification[:40]!r} is no format; write it as in .2f or >8 or ,.")
    if not isinstance(value, int | float | str):
        raise ExpressionError(f"{kind_of(value).capitalize()} cannot be formatted.")
    return format(value, specification)
