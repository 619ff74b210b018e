import json

import pytest


async def test_texts_and_files_are_parsed(place):
    place.write("a.json", b'\xef\xbb\xbf{"a": [1, 1.0, null]}')
    assert await place.run("json.parse", path="a.json") == {"value": {"a": [1, 1.0, None]}}
    assert await place.run("json.parse", text='"x"') == {"value": "x"}


@pytest.mark.parametrize(
    "text", ["", "{", "NaN", '{"a": 1, "a": 2}', "[" * 100 + "]" * 100, '"\\ud800"', '"\\u0000"', "\ud800"]
)
async def test_what_is_no_acceptable_json_says_why(place, text):
    failure = await place.fail("json.parse", text=text)
    assert failure.code == "JSON_INVALID"
    assert failure.message.endswith(("Correct the source.", "correct its source."))


async def test_either_a_text_or_a_file_must_be_given(place):
    for config in ({}, {"text": "1", "path": "a.json"}):
        with pytest.raises(ValueError, match="either"):
            await place.run("json.parse", **config)


async def test_a_value_becomes_text_or_a_file(place):
    value = {"b": "ü", "a": [1]}
    assert await place.run("json.stringify", value=value) == {"text": '{"b": "ü", "a": [1]}'}
    output = await place.run("json.stringify", value=value, indent=2, sortKeys=True, path="out/a.json")
    text = (place.workdir / "out/a.json").read_text()
    assert text.startswith('{\n  "a"')
    assert json.loads(text) == value
    assert output["size"] == len(text.encode())
    assert (await place.fail("json.stringify", value=1, path="out/a.json", ifExists="fail")).code == "FILE_EXISTS"
