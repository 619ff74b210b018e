"""Packing log lines."""

from services.scheduler.evidence.blocks import BLOCK_CHARACTERS, BLOCK_LINES, mask_from, pack, unpack, unpack_holding
from services.scheduler.evidence.model import Level, LogLine


def lines(count: int, message: str = "hello") -> list[LogLine]:
    return [LogLine(seq, 1_000 * seq, Level.INFO.value, "n1", message) for seq in range(1, count + 1)]


def test_what_was_packed_comes_out_unchanged() -> None:
    odd = [
        LogLine(1, 1_767_225_600_000_000, 4, "n1", 'a "quoted" line\nwith \u0000, \U0001f600 and ünïcode'),
        LogLine(2, 0, 1, "", ""),
    ]
    (block,) = pack(odd)
    assert unpack(block.lines) == odd


def test_a_block_holds_at_most_500_lines() -> None:
    blocks = pack(lines(BLOCK_LINES * 2 + 1))
    assert [(block.first_seq, block.last_seq) for block in blocks] == [(1, 500), (501, 1000), (1001, 1001)]
    assert [block.full for block in blocks] == [True, True, False]


def test_a_block_of_long_lines_ends_earlier() -> None:
    blocks = pack(lines(8, "x" * (BLOCK_CHARACTERS // 4)))
    assert [block.last_seq - block.first_seq + 1 for block in blocks] == [4, 4]


def test_one_line_that_is_too_long_stands_alone() -> None:
    blocks = pack(lines(2, "x" * (BLOCK_CHARACTERS + 1)))
    assert [(block.first_seq, block.last_seq) for block in blocks] == [(1, 1), (2, 2)]


def test_no_lines_make_no_block() -> None:
    assert pack([]) == []


def test_the_mask_tells_which_levels_are_inside() -> None:
    (block,) = pack([LogLine(1, 0, Level.DEBUG.value, "", "a"), LogLine(2, 0, Level.ERROR.value, "", "b")])
    assert block.levels & mask_from(Level.WARNING)
    assert block.levels & mask_from(0)
    (calm,) = pack(lines(3))
    assert not calm.levels & mask_from(Level.WARNING)


def test_a_block_that_cannot_hold_a_text_is_passed_over_and_no_other() -> None:
    (plain,) = pack([LogLine(1, 0, 2, "n1", 'Said "Hello" to C:\\temp\nand left')])
    assert unpack_holding(plain.lines, "goodbye") == []
    for wanted in ("", "hello", "to c:", '"hello"', "\\temp", "\nand", "é"):
        assert unpack_holding(plain.lines, wanted) == unpack(plain.lines), wanted
    # Folded, these are the plain letters k and ss.
    (odd,) = pack([LogLine(1, 0, 2, "n1", "3 \u212a and Stra\u00dfe")])
    for wanted in ("3 k", "strasse"):
        assert unpack_holding(odd.lines, wanted) == unpack(odd.lines), wanted
