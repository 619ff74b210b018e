"""Log lines packed into blocks: at most 500 lines or 1 MiB, compressed, with a mask of the levels inside. Pure."""

import json
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.scheduler.evidence.model import Level, LogLine

BLOCK_LINES = 500
BLOCK_CHARACTERS = 1024 * 1024
_FASTEST = 1
_PLAIN = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]*")
"""Characters that JSON writes as they are."""
ALL_LEVELS = sum(1 << level for level in Level)


@dataclass(frozen=True, slots=True)
class Block:
    """Some consecutive lines. `levels` has bit n set when a line of level n is inside."""

    first_seq: int
    last_seq: int
    levels: int
    lines: bytes

    @property
    def full(self) -> bool:
        """True when no further line should be merged into it."""
        return self.last_seq - self.first_seq + 1 >= BLOCK_LINES


def pack(lines: Sequence[LogLine]) -> list[Block]:
    """The lines, ascending by sequence, as blocks."""
    return [_pack_one(part) for part in _parts(lines)]


def unpack(data: bytes) -> list[LogLine]:
    """The lines of one block, ascending."""
    return [LogLine(*line) for line in json.loads(zlib.decompress(data))]


def unpack_holding(data: bytes, wanted: str) -> list[LogLine]:
    """All lines of a block that may hold a casefolded text; none when it is sure that no line does.

    Looking at the text as it is packed costs a tenth of reading its lines.
    """
    text = zlib.decompress(data)
    # Packed, other characters are escaped, and some of them fold to plain ones.
    is_sure = _PLAIN.fullmatch(wanted) is not None and b"\\u" not in text
    if is_sure and wanted.encode() not in text.lower():
        return []
    return [LogLine(*line) for line in json.loads(text)]


def mask_from(level: int) -> int:
    """Levels of this severity and above; 0 means all."""
    return ALL_LEVELS & ~((1 << level) - 1)


def _parts(lines: Sequence[LogLine]) -> Iterator[Sequence[LogLine]]:
    start = size = 0
    for place, line in enumerate(lines):
        size += len(line.message)
        if place > start and (place - start >= BLOCK_LINES or size > BLOCK_CHARACTERS):
            yield lines[start:place]
            start, size = place, len(line.message)
    if lines:
        yield lines[start:]


def _pack_one(lines: Sequence[LogLine]) -> Block:
    levels = 0
    for line in lines:
        levels |= 1 << line.level
    text = json.dumps(lines, ensure_ascii=True, separators=(",", ":"))
    return Block(lines[0].seq, lines[-1].seq, levels, zlib.compress(text.encode(), _FASTEST))
