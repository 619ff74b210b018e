"""Identifiers made by the caller: UUIDv7 (RFC 9562, 5.7), so rows sort by the time they were made."""

import os
import re
import time
from uuid import UUID

_CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_MILLISECOND_NS = 1_000_000
_FRACTION_BITS = 12


def new_id() -> str:
    """A UUIDv7 in canonical form; the sub-millisecond fraction stands in `rand_a` (RFC 9562, 6.2 method 3)."""
    nanoseconds = time.time_ns()
    milliseconds, rest = divmod(nanoseconds, _MILLISECOND_NS)
    fraction = (rest << _FRACTION_BITS) // _MILLISECOND_NS
    random_bits = int.from_bytes(os.urandom(8)) & ((1 << 62) - 1)
    return str(UUID(int=(milliseconds << 80) | (0x7 << 76) | (fraction << 64) | (0b10 << 62) | random_bits))


def is_id(text: str) -> bool:
    """True for a canonical UUID; anything else cannot name one of our rows."""
    return _CANONICAL.fullmatch(text) is not None
