"""Tells ids and classes that a program made up, and makes up anew at the next build or visit, from people's. Pure."""

import re
from typing import Final

_PATTERNS: Final = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        # A UUID.
        r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-",
        # A counter, a time, a row's key.
        r"\d{4}",
        # A hash and nothing else.
        r"^(?=.*\d)[0-9a-fA-F]{6,}$",
        # React's useId, :r1: or «r1».
        r"^\W[A-Za-z0-9]+\W$",
        # Counters of frameworks behind their names.
        r"^(?:ember|yui|gwt-uid|ext-|mui-|radix-|headlessui-|cdk-|mat-|ng-|react-aria|rc-|__BV|aui|isc_|j_id).*\d",
        # Styles that were compiled to classes: css-1x2y3z, sc-bdVaJa, Button_primary__x3fZ9.
        r"^(?:css|sc|jss|svelte|emotion)-?[A-Za-z0-9]{4,}$",
        r"__(?=\w*[A-Z\d])[A-Za-z0-9-]{5,8}$",
    )
)
_RUNS: Final = re.compile(r"[A-Za-z]+|\d+")
_SHORTEST_JUMBLE: Final = 5
_RUNS_OF_A_JUMBLE: Final = 3


def looks_generated(name: str) -> bool:
    """Whether an id, class or attribute value is rather a machine's than a person's. `street2` is a person's."""
    return any(pattern.search(name) for pattern in _PATTERNS) or any(map(_is_jumble, re.split(r"[-_.:\s]+", name)))


def _is_jumble(part: str) -> bool:
    """Letters and digits in turns (`x3fz9k`): a word has at most one number, before or behind it."""
    return len(part) >= _SHORTEST_JUMBLE and len(_RUNS.findall(part)) >= _RUNS_OF_A_JUMBLE
