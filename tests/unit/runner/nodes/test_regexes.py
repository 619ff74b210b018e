import time

import pytest


async def test_matches_come_with_places_groups_and_names(place):
    output = await place.run("text.regex", text="üA-17, B-4", pattern=r"(?P<letter>[A-Z])-(\d+)(x)?")
    assert output["count"] == 2
    assert output["first"] == {
        "text": "A-17",
        "start": 1,
        "end": 5,
        "groups": ["A", "17", None],
        "named": {"letter": "A"},
    }
    assert await place.run("text.regex", text="a", pattern="b") == {
        "found": False,
        "matches": [],
        "first": None,
        "count": 0,
    }


async def test_matches_are_replaced_and_texts_split(place):
    output = await place.run(
        "text.regex", operation="replace", text="31.01.2026", pattern=r"(\d+)\.(\d+)\.(\d+)", replacement=r"\3-\2-\1"
    )
    assert output == {"text": "2026-01-31", "count": 1}
    output = await place.run("text.regex", operation="split", text="a1b22c", pattern=r"(\d)+")
    assert output == {"parts": ["a", "b", "c"], "count": 3}


async def test_case_lines_dots_and_limits(place):
    found = await place.run("text.regex", text="A\na", pattern="^a$", ignoreCase=True, multiline=True)
    assert found["count"] == 2
    assert (await place.run("text.regex", text="a\nb", pattern="a.b", dotAll=True))["found"]
    assert (await place.run("text.regex", text="aaa", pattern="a", limit=2))["count"] == 2


@pytest.mark.parametrize("pattern", ["(", "(?=a)", r"(a)\1", "a{1000}{1000}"])
async def test_a_pattern_that_cannot_be_used_says_why(place, pattern):
    assert (await place.fail("text.regex", text="a", pattern=pattern)).code == "REGEX_INVALID"


async def test_a_replacement_of_a_group_that_is_not_there_says_so(place):
    failure = await place.fail("text.regex", operation="replace", text="a", pattern="a", replacement=r"\2")
    assert failure.code == "REGEX_INVALID"


async def test_patterns_that_hang_other_engines_end_at_once(place):
    began = time.monotonic()
    await place.run("text.regex", text="a" * 100_000 + "!", pattern="^(a+)+$")
    assert time.monotonic() - began < 5


async def test_a_replacement_belongs_to_replace(place):
    for config in ({"operation": "replace"}, {"replacement": "x"}):
        with pytest.raises(ValueError, match="replacement"):
            await place.run("text.regex", text="a", pattern="a", **config)
