import pytest


async def test_yaml_is_read_as_plain_data_and_words_and_dates_stay_text(place):
    text = "a: no\nb: 2026-01-31\nc: [1, 0x1F, 1.5, 1e3, true, ~]\nd: 010\ne: 12:30\n1: x\nnull: y\n"
    assert (await place.run("data.yaml", text=text))["value"] == {
        "a": "no",
        "b": "2026-01-31",
        "c": [1, 31, 1.5, 1000.0, True, None],
        "d": 10,
        "e": "12:30",
        "1": "x",
        "null": "y",
    }


async def test_references_and_merges_are_written_out(place):
    text = "base: &b {x: 1, y: 2}\nother: {<<: *b, y: 3}\nsame: *b\n"
    value = (await place.run("data.yaml", text=text))["value"]
    assert value == {"base": {"x": 1, "y": 2}, "other": {"x": 1, "y": 3}, "same": {"x": 1, "y": 2}}


async def test_several_documents_are_a_list_when_that_is_wanted(place):
    place.write("a.yaml", "---\na: 1\n---\nb: 2\n")
    assert (await place.run("data.yaml", path="a.yaml", many=True))["value"] == [{"a": 1}, {"b": 2}]
    assert (await place.fail("data.yaml", path="a.yaml")).code == "YAML_INVALID"
    assert (await place.run("data.yaml", text=""))["value"] is None


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\na: 2",
        "!!python/object/apply:os.system [id]",
        "a: [",
        "{[1]: 2}",
        "a: .nan\nb: !!float nan",
        "a: !!binary aGVsbG8=",
        "a: !!set {b}",
        "\ud800",
        "- \0",
        "[" * 10,
    ],
)
async def test_what_is_no_acceptable_yaml_says_why(place, text):
    assert (await place.fail("data.yaml", text=text)).code == "YAML_INVALID"


@pytest.mark.parametrize(
    "text",
    [
        "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)),
        "&a [*a]",
        "[" * 100 + "]" * 100,
        "[" * 100_000,
        "- " * 100_000,
    ],
)
async def test_a_document_that_blows_itself_up_is_refused(place, text):
    assert (await place.fail("data.yaml", text=text)).code == "YAML_TOO_LARGE"


async def test_a_value_is_written_and_read_back(place):
    value = {"b": ["no", "2026-01-31", "ü", 1, 1.5, None, True, ""], "a": {"x": "two\nlines"}}
    text = (await place.run("data.yaml", operation="write", value=value))["text"]
    assert (await place.run("data.yaml", text=text))["value"] == value
    await place.run("data.yaml", operation="write", value=[1, {"a": 2}], many=True, path="out/a.yaml")
    assert (await place.run("data.yaml", path="out/a.yaml", many=True))["value"] == [1, {"a": 2}]
    assert (await place.run("data.yaml", operation="write", value="x")) == {"text": "x\n"}


async def test_one_source_is_needed(place):
    for config in ({}, {"text": "a", "path": "a"}, {"operation": "write"}):
        with pytest.raises(ValueError, match="give"):
            await place.run("data.yaml", **config)
