"""Protobuf enum values as words of the API, without prefix: statuses of executions and runners in capitals, the others
in camelCase.
"""

from functools import cache

from google.protobuf.descriptor import EnumDescriptor
from pydantic.alias_generators import to_camel

CAPITALS = frozenset({"ExecutionStatus", "RunnerState"})


@cache
def words(enum: EnumDescriptor) -> dict[int, str | None]:
    """Number to word; the unspecified zero has none."""
    prefix = next(value.name for value in enum.values if value.number == 0).removesuffix("UNSPECIFIED")
    table: dict[int, str | None] = {}
    for value in enum.values:
        word = value.name.removeprefix(prefix)
        table[value.number] = None if value.number == 0 else (word if enum.name in CAPITALS else to_camel(word.lower()))
    return table


@cache
def numbers(enum: EnumDescriptor) -> dict[str, int]:
    """Word to number."""
    return {word: number for number, word in words(enum).items() if word is not None}
