"""The bytes of the journal: how a record is framed, and how much of a file can be believed.

A record is `<length u32><crc32 u32>` and a payload of `<kind u8><length of the attempt id u8><attempt id><body>`. A
file may end in zeros (space kept ready) or in a torn record: reading stops there, as what follows was never promised.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

_FRAME = struct.Struct("<II")
MAX_RECORD_BYTES = 64 * 1024 * 1024


class Kind(IntEnum):
    """What a record says about its attempt. Numbers are never used again for another meaning."""

    ACCEPTED = 1
    BEGUN = 2
    NODE_EVENT = 3
    LOG_LINE = 4
    ARTIFACT = 5
    UPLOADED = 6
    ACKNOWLEDGED = 7
    FINISHED = 8
    DELIVERED = 9
    CLOSED = 10
    SETTLEMENT = 11
    SETTLED = 12


@dataclass(frozen=True, slots=True)
class Record:
    """One fact about one attempt; the body is JSON."""

    kind: Kind
    attempt_id: str
    body: bytes = b""

    def encode(self) -> bytes:
        """The framed bytes."""
        name = self.attempt_id.encode()
        payload = bytes((self.kind, len(name))) + name + self.body
        return _FRAME.pack(len(payload), zlib.crc32(payload)) + payload


def read_records(data: bytes) -> Iterator[tuple[Record, int]]:
    """Each whole record of `data` with the offset behind it; ends silently at the first that is torn or zero."""
    offset = 0
    while offset + _FRAME.size <= len(data):
        length, checksum = _FRAME.unpack_from(data, offset)
        start, end = offset + _FRAME.size, offset + _FRAME.size + length
        if length < 2 or length > MAX_RECORD_BYTES or end > len(data):
            return
        payload = data[start:end]
        if zlib.crc32(payload) != checksum:
            return
        yield _decode(payload), end
        offset = end


def _decode(payload: bytes) -> Record:
    name_end = 2 + payload[1]
    return Record(Kind(payload[0]), payload[2:name_end].decode(), payload[name_end:])
