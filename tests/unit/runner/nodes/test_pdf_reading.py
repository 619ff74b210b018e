import pytest

from tests.unit.runner.nodes.pdf_files import pages, tables


async def test_text_comes_page_by_page_with_what_the_file_says_of_itself(place):
    place.write("a.pdf", pages("Invoice 17\nTotal 12.50", "second", "third"))
    output = await place.run("pdf.text", path="a.pdf", pages="1,3-")
    assert output["pages"] == [{"number": 1, "text": "Invoice 17\nTotal 12.50"}, {"number": 3, "text": "third"}]
    assert output["text"] == "Invoice 17\nTotal 12.50\n\nthird"
    assert output["pageCount"] == 3
    assert output["info"]["Title"] == "Report"


async def test_words_can_stay_where_they_stand(place):
    place.write("a.pdf", pages("left        right"))
    assert "left  " in (await place.run("pdf.text", path="a.pdf", layout=True))["text"]


async def test_tables_become_rows_over_pages(place):
    header = ["Article", "Price"]
    place.write("a.pdf", tables([header, ["Screw", "1.20"], ["Nut", ""]], [header, ["Bolt", "3.00"]]))
    output = await place.run("pdf.tables", path="a.pdf")
    assert output["rows"] == [
        {"Article": "Screw", "Price": "1.20"},
        {"Article": "Nut", "Price": None},
        {"Article": "Bolt", "Price": "3.00"},
    ]
    assert [(table["page"], table["count"]) for table in output["tables"]] == [(1, 2), (2, 1)]
    assert (await place.run("pdf.tables", path="a.pdf", minRows=2))["count"] == 2
    assert (await place.run("pdf.tables", path="a.pdf", header=False, pages="2"))["columns"] == ["column1", "column2"]


async def test_a_file_without_tables_gives_no_rows(place):
    place.write("a.pdf", pages("just text"))
    output = await place.run("pdf.tables", path="a.pdf")
    assert (output["rows"], output["tables"]) == ([], [])


async def test_an_encrypted_file_needs_its_password(place):
    place.write("a.pdf", pages("secret text", password="opens"))
    assert (await place.run("pdf.text", path="a.pdf", password="opens"))["text"] == "secret text"
    for config in ({}, {"password": "wrong"}):
        failure = await place.fail("pdf.text", path="a.pdf", **config)
        assert failure.code == "PDF_ENCRYPTED"
        assert "wrong" not in failure.message


@pytest.mark.parametrize("content", [b"", b"no pdf", b"%PDF-1.7\n%%EOF", pages("a")[:400]])
@pytest.mark.parametrize("node", ["pdf.text", "pdf.tables"])
async def test_what_is_no_pdf_says_so(place, node, content):
    place.write("a.pdf", content)
    assert (await place.fail(node, path="a.pdf")).code == "PDF_UNREADABLE"


async def test_missing_files_and_pages_say_so(place):
    assert (await place.fail("pdf.text", path="no.pdf")).code == "FILE_NOT_FOUND"
    place.write("a.pdf", pages("a"))
    failure = await place.fail("pdf.text", path="a.pdf", pages="1-2")
    assert (failure.code, failure.message[-9:]) == ("PAGE_NOT_FOUND", "it has 1.")
    for wrong in ("", "0", "3-1", "a", "1;2"):
        with pytest.raises(ValueError, match="pages"):
            await place.run("pdf.text", path="a.pdf", pages=wrong)
