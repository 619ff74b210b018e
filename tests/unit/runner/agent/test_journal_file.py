import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.agent.journal_file import Kind, Record, read_records

RECORDS = st.lists(
    st.builds(Record, st.sampled_from(Kind), st.text(min_size=1, max_size=30), st.binary(max_size=200)), max_size=8
)


@given(RECORDS)
def test_what_was_written_is_read(records: list[Record]) -> None:
    data = b"".join(record.encode() for record in records)
    assert [record for record, _ in read_records(data)] == records


@given(RECORDS, st.data())
def test_a_torn_tail_costs_the_torn_record_alone(records: list[Record], data: st.DataObject) -> None:
    whole = b"".join(record.encode() for record in records)
    cut = data.draw(st.integers(0, len(whole)))
    read = [record for record, _ in read_records(whole[:cut])]
    assert read == records[: len(read)]
    assert len(b"".join(record.encode() for record in read)) <= cut
    following = records[len(read) : len(read) + 1]
    assert not following or len(b"".join(r.encode() for r in records[: len(read) + 1])) > cut


@given(RECORDS, st.integers(1, 100))
def test_zeros_kept_ready_behind_the_end_are_no_records(records: list[Record], zeros: int) -> None:
    data = b"".join(record.encode() for record in records)
    read = list(read_records(data + bytes(zeros)))
    assert [record for record, _ in read] == records
    assert not read or read[-1][1] == len(data)


def test_a_changed_byte_ends_the_reading() -> None:
    first, second = Record(Kind.ACCEPTED, "a", b"{}"), Record(Kind.BEGUN, "a", b'{"at":1}')
    data = bytearray(first.encode() + second.encode())
    data[-2] ^= 1
    assert [record for record, _ in read_records(bytes(data))] == [first]


def test_a_kind_of_a_newer_version_is_an_error_and_not_a_torn_tail() -> None:
    payload = bytes((200, 1)) + b"a"
    data = len(payload).to_bytes(4, "little") + zlib.crc32(payload).to_bytes(4, "little") + payload
    with pytest.raises(ValueError, match="200"):
        list(read_records(data))
