import base64
import os
import sys

import pytest


async def test_a_file_is_read_as_text_without_its_byte_order_mark(place):
    place.write("a.txt", b"\xef\xbb\xbfGr\xc3\xbcezi")
    assert (await place.run("files.read", path="a.txt"))["text"] == "Grüezi"


async def test_any_file_is_read_as_base64(place):
    path = place.write("a.bin", b"\x00\xff")
    output = await place.run("files.read", path="a.bin", content="base64")
    assert output == {"path": str(path), "size": 2, "base64": base64.b64encode(b"\x00\xff").decode()}


async def test_a_wrong_encoding_is_named_with_its_place(place):
    place.write("a.txt", b"abc\xfc")
    failure = await place.fail("files.read", path="a.txt")
    assert failure.code == "ENCODING_ERROR"
    assert "byte 3" in failure.message
    assert (await place.run("files.read", path="a.txt", encoding="latin1"))["text"] == "abcü"


async def test_a_file_above_the_limit_is_refused(place):
    place.write("a.txt", "x" * 11)
    assert (await place.fail("files.read", path="a.txt", maxBytes=10)).code == "FILE_TOO_LARGE"
    assert (await place.run("files.read", path="a.txt", maxBytes=11))["size"] == 11


@pytest.mark.parametrize(
    ("path", "code"),
    [("none.txt", "FILE_NOT_FOUND"), (".", "FILE_IS_FOLDER"), ("", "INVALID_PATH"), ("a\0b", "INVALID_PATH")],
)
async def test_what_cannot_be_read_says_why(place, path, code):
    assert (await place.fail("files.read", path=path)).code == code


async def test_a_relative_path_is_in_the_executions_folder_and_an_absolute_one_where_it_says(place, tmp_path):
    await place.run("files.write", path="deep/er/a.txt", content="1")
    await place.run("files.write", path=str(tmp_path / "b.txt"), content="2")
    assert (place.workdir / "deep/er/a.txt").read_text() == "1"
    assert (tmp_path / "b.txt").read_text() == "2"


async def test_writing_replaces_or_fails_as_configured_and_leaves_no_temporary_file(place):
    place.write("a.txt", "old")
    assert (await place.fail("files.write", path="a.txt", content="new", ifExists="fail")).code == "FILE_EXISTS"
    assert (await place.fail("files.write", path="a.txt", content="ü", encoding="ascii")).code == "ENCODING_ERROR"
    assert (await place.fail("files.write", path="a.txt", content="?", contentIs="base64")).code == "INVALID_BASE64"
    assert (place.workdir / "a.txt").read_text() == "old"
    await place.run("files.write", path="a.txt", content="AP8=", contentIs="base64")
    assert (place.workdir / "a.txt").read_bytes() == b"\x00\xff"
    assert place.names() == ["a.txt"]


async def test_an_unknown_encoding_is_refused_by_the_config(place):
    with pytest.raises(ValueError, match="no text encoding"):
        await place.run("files.read", path="a.txt", encoding="hex")


async def test_appending_makes_the_file_and_adds_lines(place):
    await place.run("files.append", path="log.txt", text="one")
    output = await place.run("files.append", path="log.txt", text="two", newLine=False)
    assert (place.workdir / "log.txt").read_text() == "one\ntwo"
    assert output["size"] == 7


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere")
async def test_a_forbidden_folder_is_retryable_and_says_what_to_do(place):
    place.write("closed/a.txt", "1")
    (place.workdir / "closed").chmod(0o500)
    failure = await place.fail("files.write", path="closed/a.txt", content="2")
    assert (failure.code, failure.retryable) == ("FILE_ACCESS_DENIED", True)
