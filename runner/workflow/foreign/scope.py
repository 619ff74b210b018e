"""What the data of the other product's nodes is called here: "the item before this node" as expressions of ours."""

import json
import keyword
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

Path = Sequence[str | int]


@dataclass(frozen=True, slots=True)
class Scope:
    """One value. `whole` is its expression where there is one; `fields` stand over what `base` has."""

    whole: str | None = None
    fields: Mapping[str, "Scope"] = field(default_factory=dict)
    base: "Scope | None" = None

    def at(self, path: Path) -> str | None:
        """The expression of what stands at a path in it; None when that cannot be said."""
        if not path:
            return self.whole
        first = path[0]
        if isinstance(first, str) and first in self.fields:
            return self.fields[first].at(path[1:])
        if self.base is not None:
            return self.base.at(path)
        return None if self.whole is None else self.whole + accessors(path)

    def with_field(self, path: Path, value: "Scope") -> "Scope":
        """The same value with another one at the path."""
        if not path:
            return value
        first = str(path[0])
        inner = self.fields.get(first) or Scope(self.at((first,)))
        return Scope(None, {**self.fields, first: inner.with_field(path[1:], value)}, self.base or Scope(self.whole))


UNKNOWN = Scope()
"""Whatever is read from it cannot be translated."""


def accessors(path: Path) -> str:
    """`.a["b c"][0]`"""
    return "".join(
        f".{step}"
        if isinstance(step, str) and _WORD.fullmatch(step) and not step.startswith("_") and not keyword.iskeyword(step)
        else f"[{quoted(step)}]"
        for step in path
    )


def quoted(value: object) -> str:
    """A constant as our expressions write it; JSON is part of them."""
    return json.dumps(value, ensure_ascii=False)
