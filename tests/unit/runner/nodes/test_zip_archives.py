import io
import stat
import zipfile

import pytest


def archive(*entries, compression=zipfile.ZIP_STORED):
    """Bytes of a ZIP whose entries are (name or ZipInfo, content)."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", compression) as packed:
        for entry, content in entries:
            packed.writestr(entry, content)
    return data.getvalue()


def link(name):
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


async def test_files_folders_and_patterns_are_packed_and_come_out_the_same(place):
    place.write("in/deep/a.txt", "1")
    place.write("in/b.txt", "2")
    place.write("c.csv", "3")
    place.write("d.csv", "4")
    output = await place.run("zip.create", sources=["in", "*.csv"], path="out/all.zip")
    assert output["entries"] == ["in/b.txt", "in/deep/a.txt", "c.csv", "d.csv"]
    again = await place.run("zip.extract", path="out/all.zip", folder="back", pattern="*.txt")
    assert again["files"] == [str(place.workdir / "back/in/b.txt"), str(place.workdir / "back/in/deep/a.txt")]
    assert (place.workdir / "back/in/deep/a.txt").read_text() == "1"


async def test_an_archive_does_not_pack_itself_nor_links(place):
    place.write("in/a.txt", "1")
    (place.workdir / "in/link").symlink_to("/etc/hostname")
    for _ in range(2):
        output = await place.run("zip.create", sources=["in"], path="in/all.zip")
        assert output["entries"] == ["in/a.txt"]


async def test_two_files_of_one_name_and_missing_files_are_refused(place):
    place.write("a/x.txt", "1")
    place.write("b/x.txt", "2")
    assert (await place.fail("zip.create", sources=["a/x.txt", "b/x.txt"], path="z.zip")).code == "ZIP_NAME_TWICE"
    assert (await place.fail("zip.create", sources=["none/*.txt"], path="z.zip")).code == "FILE_NOT_FOUND"
    assert "z.zip" not in place.names()


@pytest.mark.parametrize(
    "name", ["../evil.txt", "a/../../evil.txt", "/evil.txt", "..\\evil.txt", "C:\\evil.txt", "C:evil.txt", "a:stream"]
)
async def test_an_entry_that_would_leave_the_folder_stops_everything(place, name):
    place.write("z.zip", archive(("good.txt", "1"), (name, "2")))
    assert (await place.fail("zip.extract", path="z.zip", folder="in/out")).code == "ZIP_UNSAFE"
    assert place.names() == ["z.zip"]


async def test_links_in_the_archive_or_in_the_folder_are_refused(place, tmp_path):
    place.write("z.zip", archive((link("out"), "/etc"), ("out/passwd", "x")))
    assert (await place.fail("zip.extract", path="z.zip", folder="here")).code == "ZIP_UNSAFE"
    (tmp_path / "elsewhere").mkdir()
    (place.workdir / "there").mkdir()
    (place.workdir / "there/sub").symlink_to(tmp_path / "elsewhere")
    place.write("y.zip", archive(("sub/a.txt", "x")))
    assert (await place.fail("zip.extract", path="y.zip", folder="there")).code == "ZIP_UNSAFE"
    assert not list((tmp_path / "elsewhere").iterdir())


async def test_bombs_are_refused_by_what_they_declare(place):
    place.write("z.zip", archive(("zeros", b"\0" * 1_000_000), compression=zipfile.ZIP_DEFLATED))
    assert (await place.fail("zip.extract", path="z.zip", folder="o", maxBytes=999_999)).code == "ZIP_TOO_LARGE"
    place.write("y.zip", archive(*((f"{number}", b"") for number in range(11))))
    assert (await place.fail("zip.extract", path="y.zip", folder="o", maxEntries=10)).code == "ZIP_TOO_LARGE"


async def test_a_bomb_that_lies_about_its_size_writes_no_more_than_it_declared(place):
    honest = archive(("zeros", b"\0" * 1_000_000), compression=zipfile.ZIP_DEFLATED)
    lying = honest.replace((1_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    place.write("z.zip", lying)
    assert (await place.fail("zip.extract", path="z.zip", folder="o")).code == "ZIP_INVALID"
    assert place.names() == ["z.zip"]


@pytest.mark.parametrize("damage", [lambda data: b"no zip", lambda data: data[:40] + b"\xff\xff" + data[42:]])
async def test_what_is_no_archive_or_is_damaged_says_so(place, damage):
    whole = archive(("some-longer-name.txt", b"content" * 9), compression=zipfile.ZIP_DEFLATED)
    place.write("z.zip", damage(whole))
    assert (await place.fail("zip.extract", path="z.zip", folder="o")).code == "ZIP_INVALID"
    assert place.names() == ["z.zip"]


@pytest.mark.parametrize(("policy", "left"), [("replace", "new"), ("skip", "old")])
async def test_existing_files_are_treated_as_configured(place, policy, left):
    place.write("z.zip", archive(("a.txt", "new")))
    place.write("o/a.txt", "old")
    assert (await place.fail("zip.extract", path="z.zip", folder="o", ifExists="fail")).code == "FILE_EXISTS"
    await place.run("zip.extract", path="z.zip", folder="o", ifExists=policy)
    assert (place.workdir / "o/a.txt").read_text() == left
