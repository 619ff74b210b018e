"""Regular expressions by RE2, whose time is linear in the text: no pattern can hang a runner."""

import asyncio
from typing import Any, ClassVar, Final, Literal, Self

import re2
from pydantic import Field, model_validator

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure, NodeType, Result
from runner.workflow.documents import Json

TEXT_LIMIT: Final = 16 * 1024 * 1024
MATCH_LIMIT: Final = 100_000
PATTERN_MEMORY: Final = 16 * 1024 * 1024
"""Bytes RE2 may use for one pattern."""


class RegexConfig(NodeConfig):
    """Config of text.regex."""

    text: str = Field(title="Text", description="What is searched.")
    pattern: str = Field(
        min_length=1,
        max_length=10_000,
        title="Pattern",
        description="A regular expression as RE2 knows it: no look-around, no back-references.",
    )
    operation: Literal["find", "replace", "split"] = Field(
        "find", title="Do", description="Find all matches, replace them, or split the text at them."
    )
    replacement: str | None = Field(
        None, title="Replacement", description=r"May name groups: \1, \g<name>; \\ is a backslash."
    )
    ignore_case: bool = Field(False, title="Ignore case", description="Let a equal A.")
    multiline: bool = Field(False, title="Lines", description="Let ^ and $ mean the ends of every line.")
    dot_all: bool = Field(False, title="Dot is everything", description="Let a dot also mean a line break.")
    limit: int = Field(
        MATCH_LIMIT, ge=1, le=MATCH_LIMIT, title="Most matches", description="What comes after them is left alone."
    )

    @model_validator(mode="after")
    def _has_replacement(self) -> Self:
        if (self.replacement is None) == (self.operation == "replace"):
            raise ValueError("a replacement belongs to the operation replace, and only to it")
        return self


class Regex(NodeType[RegexConfig]):
    r"""text.regex: output of find `{found, matches: [{text, start, end, groups, named}], first, count}`.

    `first` is the first match or null; `groups` are those in brackets, null where one took no part. Of replace: `{text,
    count}`. Of split: `{parts, count}`, the number of parts.
    """

    type = "text.regex"
    title = "Regular expression"
    help = "Finds, replaces or splits text by a regular expression."
    icon = "regex"
    config = RegexConfig
    example: ClassVar[dict[str, Any]] = {
        "text": "Invoice 2026-0117 of 31.01.2026",
        "pattern": r"Invoice (?P<number>\d{4}-\d+)",
    }
    repeatable = True
    isolated = False

    async def run(self, config: RegexConfig, context: NodeContext) -> Result:  # noqa: ARG002 - the contract's signature
        """Search in a thread. Raises NodeFailure REGEX_INVALID, TEXT_TOO_LARGE."""
        if len(config.text) > TEXT_LIMIT:
            raise NodeFailure("TEXT_TOO_LARGE", f"The text is longer than {TEXT_LIMIT:,} characters; search its parts.")
        return Result(await asyncio.to_thread(_search, config))


def _search(config: RegexConfig) -> dict[str, Json]:
    pattern = _compiled(config)
    try:
        if config.operation == "replace":
            text, count = pattern.subn(config.replacement, config.text, config.limit)
            return {"text": text, "count": count}
        if config.operation == "split":
            parts = pattern.split(config.text, config.limit)
            # The library mixes what groups caught into the parts.
            parts = parts[:: pattern.groups + 1]
            return {"parts": parts, "count": len(parts)}
        matches = _matches(pattern, config)
    except (re2.error, IndexError, KeyError) as error:
        raise NodeFailure("REGEX_INVALID", f"The replacement names a group that is not there: {error}.") from error
    return {
        "found": bool(matches),
        "matches": [*matches],
        "first": matches[0] if matches else None,
        "count": len(matches),
    }


def _matches(pattern: Any, config: RegexConfig) -> list[dict[str, Json]]:
    found: list[dict[str, Json]] = []
    for match in pattern.finditer(config.text):
        if len(found) == config.limit:
            break
        named = {name: match.group(number) for name, number in pattern.groupindex.items()}
        found.append(
            {
                "text": match.group(),
                "start": match.start(),
                "end": match.end(),
                "groups": list(match.groups()),
                "named": named,
            }
        )
    return found


def _compiled(config: RegexConfig) -> Any:
    options = re2.Options()
    options.max_mem = PATTERN_MEMORY
    options.log_errors = False
    options.case_sensitive = not config.ignore_case
    options.dot_nl = config.dot_all
    pattern = f"(?m:{config.pattern})" if config.multiline else config.pattern
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else str(error)
        raise NodeFailure("REGEX_INVALID", f"The pattern cannot be used: {reason}. Correct it.") from error


NODES = (Regex,)
