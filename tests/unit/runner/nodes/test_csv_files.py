import pytest


async def test_a_file_becomes_rows_with_the_types_asked_for(place):
    path = place.write("a.csv", '\ufeffName;Betrag;Am;Ja\r\n\r\nGrüezi;1.234,50;17.05.2024;yes\r\n"a;""b\n""";;;\r\n')
    output = await place.run(
        "csv.read",
        path="a.csv",
        delimiter=";",
        decimal=",",
        dateFormat="%d.%m.%Y",
        types={"Betrag": "number", "Am": "date", "Ja": "boolean"},
    )
    assert output == {
        "rows": [
            {"Name": "Grüezi", "Betrag": 1234.5, "Am": "2024-05-17", "Ja": True},
            {"Name": 'a;"b\n"', "Betrag": None, "Am": None, "Ja": None},
        ],
        "columns": ["Name", "Betrag", "Am", "Ja"],
        "count": 2,
        "path": str(path),
    }


@pytest.mark.parametrize(
    ("content", "delimiter"), [("a;b\n1,5;2", "auto"), ("a\tb\n1,5\t2", "tab"), ("a|b\n1,5|2", "|")]
)
async def test_the_delimiter_may_be_told_or_found(place, content, delimiter):
    place.write("a.csv", content)
    assert (await place.run("csv.read", path="a.csv", delimiter=delimiter))["rows"] == [{"a": "1,5", "b": "2"}]


async def test_a_file_without_header_gets_names(place):
    place.write("a.csv", "1,2\n3,4\n")
    output = await place.run("csv.read", path="a.csv", header=False, detectNumbers=True)
    assert output["rows"] == [{"column1": 1, "column2": 2}, {"column1": 3, "column2": 4}]
    named = await place.run("csv.read", path="a.csv", header=False, columns=["x", "y", "z"])
    assert named["rows"][0] == {"x": "1", "y": "2", "z": None}


async def test_repeated_and_empty_names_become_different(place):
    place.write("a.csv", "a,a,,a_2\n1,2,3,4\n")
    assert (await place.run("csv.read", path="a.csv"))["columns"] == ["a", "a_3", "column3", "a_2"]


@pytest.mark.parametrize("content", ["", "a,b\n"])
async def test_a_file_without_rows_is_an_empty_table(place, content):
    place.write("a.csv", content)
    assert (await place.run("csv.read", path="a.csv"))["rows"] == []


@pytest.mark.parametrize(
    ("content", "config", "code", "line"),
    [
        ("title\na,b\n1,2,3\n", {"skipLines": 1}, "CSV_MALFORMED", 3),
        ('title\na,b\n1,"x" y\n', {"skipLines": 1}, "CSV_MALFORMED", 3),
        ("a\n1\nx\n", {"types": {"a": "number"}}, "CSV_BAD_VALUE", 3),
        ("a\n1\n", {"types": {"b": "number"}}, "MISSING_COLUMN", None),
        ("a\n1\n2\n", {"maxRows": 1}, "TABLE_TOO_LARGE", None),
        (b"a\n\xff\n", {}, "ENCODING_ERROR", None),
    ],
)
async def test_what_is_wrong_in_a_file_is_named_with_its_line(place, content, config, code, line):
    place.write("a.csv", content)
    failure = await place.fail("csv.read", path="a.csv", **config)
    assert (failure.code, failure.details.get("line")) == (code, line)


async def test_a_table_is_written_by_the_standard_and_read_back(place):
    rows = [{"a": 'x,"y"\n', "b": 1.5, "c": None}, {"a": "=1+1", "b": True, "d": [1, {"e": 2}]}]
    output = await place.run("csv.write", path="out/a.csv", rows=rows)
    data = (place.workdir / "out/a.csv").read_bytes()
    assert data == b'a,b,c,d\r\n"x,""y""\n",1.5,,\r\n\'=1+1,true,,"[1, {""e"": 2}]"\r\n'
    assert output == {"path": str(place.workdir / "out/a.csv"), "count": 2, "size": len(data)}
    assert (await place.run("csv.read", path="out/a.csv"))["rows"][0]["a"] == 'x,"y"\n'


async def test_columns_delimiter_and_line_ends_of_the_file_are_as_configured(place):
    rows = [{"a": 1, "b": 2}]
    await place.run("csv.write", path="a.csv", rows=rows, columns=["b"], header=False, lineEnd="lf")
    assert (place.workdir / "a.csv").read_bytes() == b"2\n"
    await place.run("csv.write", path="a.csv", rows=rows, delimiter=";", encoding="utf-8-sig", lineEnd="lf")
    assert (place.workdir / "a.csv").read_bytes() == b"\xef\xbb\xbfa;b\n1;2\n"
    assert (await place.fail("csv.write", path="a.csv", rows=rows, columns=["z"])).code == "MISSING_COLUMN"
    assert (await place.fail("csv.write", path="a.csv", rows=[{"a": "€"}], encoding="latin1")).code == "ENCODING_ERROR"
    assert (await place.fail("csv.write", path="a.csv", rows=rows, ifExists="fail")).code == "FILE_EXISTS"
    assert place.names() == ["a.csv"]


async def test_a_delimiter_that_cannot_be_one_is_refused(place):
    with pytest.raises(ValueError, match="one character"):
        await place.run("csv.read", path="a.csv", delimiter='"')
