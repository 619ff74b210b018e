from runner.desktop.model import Region
from runner.desktop.ocr import Word, find_phrase, text_of


def word(text, x, line=1):
    return Word(text, Region(x, 10 * line, 30, 10), 0.9, (1, 1, line))


WORDS = [word("Grand", 0), word("total", 40), word("12,50", 80), word("total", 0, 2), word("12,50", 40, 2)]


def test_words_become_lines():
    assert text_of(WORDS) == "Grand total 12,50\ntotal 12,50"


def test_a_phrase_is_found_within_lines_and_without_regard_to_case():
    assert find_phrase(WORDS, "TOTAL 12,50") == [Region(40, 10, 70, 10), Region(0, 20, 70, 10)]
    assert find_phrase(WORDS, "12,50 total") == []
    assert find_phrase(WORDS, " ") == []
    assert find_phrase([], "a") == []
