import os
import sys

import pytest


async def test_a_file_is_copied_into_a_folder_under_its_name(place):
    place.write("a.txt", "1")
    output = await place.run("files.copy", source="a.txt", target="archive/")
    assert output == {"path": str(place.workdir / "archive/a.txt"), "copied": True}
    assert place.names() == ["a.txt", "archive/a.txt"]


async def test_a_folder_is_copied_with_its_contents_and_never_into_itself(place):
    place.write("in/x/a.txt", "1")
    await place.run("files.copy", source="in", target="out")
    assert place.names() == ["in/x/a.txt", "out/x/a.txt"]
    assert (await place.fail("files.copy", source="in", target="in/again")).code == "INVALID_PATH"


@pytest.mark.parametrize(("policy", "left"), [("replace", "new"), ("skip", "old"), ("fail", "old")])
async def test_an_existing_target_is_treated_as_configured(place, policy, left):
    place.write("a.txt", "new")
    place.write("b.txt", "old")
    if policy == "fail":
        assert (await place.fail("files.copy", source="a.txt", target="b.txt", ifExists="fail")).code == "FILE_EXISTS"
    else:
        output = await place.run("files.copy", source="a.txt", target="b.txt", ifExists=policy)
        assert output["copied"] is (policy == "replace")
    assert (place.workdir / "b.txt").read_text() == left


async def test_a_folder_never_replaces_a_folder(place):
    place.write("a/1.txt", "1")
    place.write("b/a/2.txt", "2")
    assert (await place.fail("files.copy", source="a", target="b")).code == "FILE_IS_FOLDER"
    assert place.names() == ["a/1.txt", "b/a/2.txt"]


async def test_moving_leaves_nothing_behind_and_a_second_time_says_that_the_source_is_gone(place):
    place.write("a.txt", "1")
    await place.run("files.move", source="a.txt", target="done/b.txt")
    assert place.names() == ["done/b.txt"]
    assert (await place.fail("files.move", source="a.txt", target="done/b.txt")).code == "FILE_NOT_FOUND"


async def test_deleting_spares_what_it_was_not_told_to_delete(place):
    place.write("full/a.txt", "1")
    (place.workdir / "link").symlink_to(place.workdir / "full")
    assert (await place.fail("files.delete", path="full")).code == "FOLDER_NOT_EMPTY"
    assert (await place.run("files.delete", path="link"))["deleted"]
    assert place.names() == ["full/a.txt"]
    assert (await place.run("files.delete", path="full", recursive=True))["deleted"]
    assert not (await place.run("files.delete", path="full"))["deleted"]
    assert (await place.fail("files.delete", path="full", missingOk=False)).code == "FILE_NOT_FOUND"


async def test_listing_goes_by_pattern_order_and_limit(place):
    for name, size, modified in (("b.csv", 1, 30), ("a.csv", 3, 20), ("deep/c.csv", 2, 10), ("d.txt", 1, 1)):
        os.utime(place.write(name, "x" * size), (modified, modified))

    async def listed(**config):
        return [file["name"] for file in (await place.run("files.list", **config))["files"]]

    assert await listed(pattern="*.csv") == ["a.csv", "b.csv"]
    assert await listed(pattern="**/*.csv", sort="modified") == ["c.csv", "a.csv", "b.csv"]
    assert await listed(pattern="**/*.csv", sort="size", descending=True) == ["a.csv", "c.csv", "b.csv"]
    assert await listed(include="folders") == ["deep"]
    output = await place.run("files.list", limit=1)
    assert (output["count"], output["truncated"]) == (1, True)
    assert output["files"][0]["modifiedAt"] == "1970-01-01T00:00:20Z"
    assert (await place.fail("files.list", folder="none")).code == "FILE_NOT_FOUND"
    assert (await place.fail("files.list", pattern="/abs/*")).code == "INVALID_PATTERN"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
async def test_a_name_that_is_no_text_is_left_out_and_told(place):
    place.write("a.txt", "1")
    place.write(os.fsdecode(b"b\xff.txt"), "2")
    output = await place.run("files.list")
    assert [file["name"] for file in output["files"]] == ["a.txt"]
    assert place.lines == [("warning", "'b\\udcff.txt' is left out: its name is not UTF-8; rename it.")]
    assert (await place.fail("zip.create", sources=["."], path="never.zip")).code == "INVALID_PATH"
