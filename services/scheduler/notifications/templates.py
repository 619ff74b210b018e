"""Texts with `$names` in them: substituted, never evaluated. What cannot be filled is refused when it is saved."""

import re
from collections.abc import Mapping
from string import Template
from typing import Final

from services.kit.errors import FieldError, invalid

NAMES: Final = frozenset(
    {"event", "title", "reason", "at", "subject", "link", "count", "summary", "details", "rule", "hub"}
)
MAXIMUM_SUBJECT: Final = 200
MAXIMUM_TEXT: Final = 10_000
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def check_template(text: str, pointer: str, maximum: int) -> str:
    """The template. Raises TEMPLATE_BROKEN when it is too long, has a lone `$`, or names what there is not."""
    template = Template(text)
    if len(text) > maximum:
        raise _broken(pointer, f"Give at most {maximum} characters.")
    if not template.is_valid():
        raise _broken(pointer, "Write $$ for a dollar sign.")
    unknown = sorted(set(template.get_identifiers()) - NAMES)
    if unknown:
        raise _broken(
            pointer, f"There is no ${unknown[0]}; there are {', '.join(f'${name}' for name in sorted(NAMES))}."
        )
    return text


def fill(text: str, values: Mapping[str, str]) -> str:
    """Every name in place of itself; values are not looked at again."""
    return Template(text).safe_substitute(values)


def one_line(text: str, maximum: int) -> str:
    """Fit for a header: no line breaks or other controls, not longer than this."""
    line = _UNPRINTABLE.sub(" ", text).strip()
    return line if len(line) <= maximum else f"{line[: maximum - 1]}…"


def _broken(pointer: str, detail: str) -> Exception:
    return invalid("The template cannot be used.", FieldError(pointer, detail), reason="TEMPLATE_BROKEN")
