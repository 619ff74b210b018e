import pytest

from tests.unit.runner.nodes.pdf_files import pages


async def texts(place, path):
    return [page["text"] for page in (await place.run("pdf.text", path=path))["pages"]]


async def test_files_and_chosen_pages_become_one(place):
    place.write("a.pdf", pages("a1", "a2"))
    place.write("b.pdf", pages("b1", "b2", "b3"))
    output = await place.run(
        "pdf.merge", sources=["a.pdf", {"path": "b.pdf", "pages": "3,1"}, "a.pdf"], target="out/all.pdf"
    )
    assert await texts(place, "out/all.pdf") == ["a1", "a2", "b3", "b1", "a1", "a2"]
    path = place.workdir / "out/all.pdf"
    assert output == {"path": str(path), "size": path.stat().st_size, "pageCount": 6, "fileCount": 3}


async def test_a_file_may_be_merged_into_itself(place):
    place.write("a.pdf", pages("a1"))
    place.write("b.pdf", pages("b1"))
    await place.run("pdf.merge", sources=["a.pdf", "b.pdf"], target="a.pdf")
    assert await texts(place, "a.pdf") == ["a1", "b1"]


async def test_a_file_is_split_by_number_or_by_ranges(place):
    place.write("scan.pdf", pages(*"abcde"))
    output = await place.run("pdf.split", path="scan.pdf", folder="out", every=2)
    assert [(file["name"], file["pages"]) for file in output["files"]] == [
        ("scan-1.pdf", [1, 2]),
        ("scan-2.pdf", [3, 4]),
        ("scan-3.pdf", [5]),
    ]
    assert await texts(place, "out/scan-3.pdf") == ["e"]
    output = await place.run("pdf.split", path="scan.pdf", folder="out", parts=["5,1", "2-"], name="x")
    assert await texts(place, "out/x-1.pdf") == ["e", "a"]
    assert await texts(place, "out/x-2.pdf") == ["b", "c", "d", "e"]
    assert (await place.run("pdf.split", path="scan.pdf", folder="single"))["count"] == 5


async def test_nothing_is_written_when_a_part_cannot_be(place):
    place.write("scan.pdf", pages("a", "b"))
    place.write("out/scan-2.pdf", b"there")
    failure = await place.fail("pdf.split", path="scan.pdf", folder="out", ifExists="fail")
    assert failure.code == "FILE_EXISTS"
    assert place.names() == ["out/scan-2.pdf", "scan.pdf"]
    assert (await place.fail("pdf.split", path="scan.pdf", folder="out", parts=["1", "3"])).code == "PAGE_NOT_FOUND"
    place.write("a-1.pdf", pages("a"))
    assert (await place.fail("pdf.split", path="a-1.pdf", folder=".", name="a")).code == "FILE_EXISTS"


async def test_encrypted_damaged_and_missing_files_say_so(place):
    place.write("locked.pdf", pages("x", password="opens"))
    await place.run("pdf.merge", sources=[{"path": "locked.pdf", "password": "opens"}], target="open.pdf")
    assert await texts(place, "open.pdf") == ["x"]
    for node, config in (("pdf.merge", {"target": "b.pdf"}), ("pdf.split", {"folder": "out"})):
        for name, code in (
            ("locked.pdf", "PDF_ENCRYPTED"),
            ("no.pdf", "FILE_NOT_FOUND"),
            ("bad.pdf", "PDF_UNREADABLE"),
        ):
            place.write("bad.pdf", b"%PDF-1.7 no")
            source = {"sources": [name]} if node == "pdf.merge" else {"path": name}
            assert (await place.fail(node, **source, **config)).code == code


async def test_one_way_of_splitting_is_needed(place):
    with pytest.raises(ValueError, match="either"):
        await place.run("pdf.split", path="a.pdf", folder="b", every=1, parts=["1"])
